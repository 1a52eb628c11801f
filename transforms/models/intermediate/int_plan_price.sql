-- A price counts from its day on; of two changes on one day the last holds.
with
    dated as (
        select
            plan_code,
            monthly_price_cents,
            coalesce(
                {{ day_in("valid_from", "'America/New_York'") }},
                cast('0001-01-01' as date)
            ) as first_day,
            coalesce(
                cast(
                    {{ day_in("valid_to", "'America/New_York'") }}
                    - interval '1 day' as date
                ),
                cast('9999-12-31' as date)
            ) as last_day
        from {{ ref("int_plan_version") }}
    )

select *
from dated
where first_day <= last_day
