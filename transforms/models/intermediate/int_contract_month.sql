-- A row for each month at whose last day (today, in the present month) the contract
-- runs, and
-- one for the month after: that is where it is lost.
with
    as_of as (select as_of_date from {{ ref("int_as_of") }}),

    priced as (
        select
            contract.contract_id,
            contract.customer_id,
            contract.plan_code,
            contract.starts_on,
            contract.ends_on,
            as_of.as_of_date,
            {{ monthly_cents("plan.price_cents", "plan.billing_interval") }}
            as price_cents,
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
            priced.*,
            cast(
                {{
                    date_series(
                        "date_trunc('month', priced.starts_on)",
                        "priced.last_seen_on",
                        "1 month",
                    )
                }} as date
            ) as month_start
        from priced
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

    valued as (
        select
            contract_id,
            customer_id,
            plan_code,
            month_start,
            measured_on,
            case
                when
                    starts_on <= measured_on
                    and coalesce(ends_on, measured_on) >= measured_on
                then price_cents
                else 0
            end as mrr_cents
        from measured
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
