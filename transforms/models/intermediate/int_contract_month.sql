-- A row for each month at whose last day (today, in the present month) the contract
-- runs, and one for the month after: that is where it is lost.
with
    as_of as (select as_of_date from {{ ref("int_as_of") }}),

    seen as (
        select
            contract.contract_id,
            contract.customer_id,
            contract.plan_code,
            contract.starts_on,
            contract.ends_on,
            plan.billing_interval,
            as_of.as_of_date,
            least(
                coalesce(
                    cast(contract.ends_on + interval '1 month' as date),
                    as_of.as_of_date
                ),
                as_of.as_of_date
            ) as last_seen_on
        from {{ ref("stg_customer__contract") }} as contract
        inner join
            {{ ref("stg_sysops__support_plan") }} as plan
            on plan.plan_code = contract.plan_code
        cross join as_of
        where contract.starts_on <= as_of.as_of_date
    ),

    months as (
        select
            seen.*,
            cast(
                {{
                    date_series(
                        "date_trunc('month', seen.starts_on)",
                        "seen.last_seen_on",
                        "1 month",
                    )
                }} as date
            ) as month_start
        from seen
    ),

    measured as (
        select
            *,
            least(
                cast(month_start + interval '1 month' - interval '1 day' as date),
                as_of_date
            ) as measured_on
        from months
    ),

    running as (
        select
            *,
            starts_on <= measured_on
            and coalesce(ends_on, measured_on) >= measured_on as runs,
            case
                billing_interval
                when 'year'
                then {{ term_start("starts_on", "measured_on") }}
                else greatest(month_start, starts_on)
            end as priced_on
        from measured
    ),

    valued as (
        select
            running.contract_id,
            running.customer_id,
            running.plan_code,
            running.month_start,
            running.measured_on,
            case
                when running.runs then price.monthly_price_cents else 0
            end as mrr_cents
        from running
        inner join
            {{ ref("int_plan_price") }} as price
            on price.plan_code = running.plan_code
            and price.first_day <= running.priced_on
            and price.last_day >= running.priced_on
    )

select
    *,
    coalesce(
        lag(mrr_cents) over (
            partition by customer_id, contract_id order by month_start
        ),
        0
    ) as previous_mrr_cents
from valued
