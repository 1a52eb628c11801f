with
    bounds as (
        select
            cast(
                date_trunc(
                    'year',
                    least(
                        (
                            select min(submitted_at) at time zone 'UTC'
                            from {{ ref("stg_customer__ticket") }}
                        ),
                        (
                            select min(submitted_at) at time zone 'UTC'
                            from {{ ref("stg_sysops__ticket") }}
                        ),
                        (
                            select cast(min(starts_on) as timestamp)
                            from {{ ref("stg_customer__contract") }}
                        ),
                        cast(as_of_date as timestamp)
                    )
                ) as date
            ) as first_day,
            cast(
                date_trunc('year', cast(as_of_date as timestamp))
                + interval '2 years'
                - interval '1 day' as date
            ) as last_day
        from {{ ref("int_as_of") }}
    ),

    days as (
        select
            cast(
                {{ date_series("first_day", "last_day", "1 day") }} as date
            ) as date_day
        from bounds
    )

select
    date_day,
    cast(extract(year from date_day) as integer) as year,
    cast(extract(quarter from date_day) as integer) as quarter,
    cast(extract(month from date_day) as integer) as month,
    cast(date_trunc('month', date_day) as date) as month_start,
    cast(date_trunc('week', date_day) as date) as week_start,
    cast(extract(isoyear from date_day) as integer) as iso_year,
    cast(extract(week from date_day) as integer) as iso_week,
    cast(extract(isodow from date_day) as integer) as iso_weekday,
    extract(isodow from date_day) >= 6 as is_weekend
from days
