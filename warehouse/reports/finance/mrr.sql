-- A bridge from month to month; `unexplained_cents` must be 0.
with
    -- Those of the period, and the one before, in which the first opens.
    movements as (
        select
            day as month_start,
            max(measured_on) as measured_on,
            total_of(mrr_cents) as closing_cents,
            total_of(new_cents) as new_cents,
            total_of(reactivation_cents) as reactivation_cents,
            total_of(expansion_cents) as expansion_cents,
            total_of(contraction_cents) as contraction_cents,
            total_of(churn_cents) as churn_cents
        from
            revenue_months_in(
                $region, $state, $plan, month_before($since), $until, $as_of
            )
        group by day
    ),

    customers as (
        select day as month_start, customers, lost_customers
        from
            customer_months_in(
                $region, $state, $plan, month_before($since), $until, $as_of
            )
    ),

    bridge as (
        select
            *,
            coalesce(
                lag(closing_cents) over (order by month_start), 0
            ) as opening_cents,
            lag(customers) over (order by month_start) as opening_customers
        from movements
        inner join customers using (month_start)
    )

select
    month_start,
    opening_cents,
    new_cents,
    reactivation_cents,
    expansion_cents,
    contraction_cents,
    churn_cents,
    closing_cents,
    closing_cents
    - opening_cents
    - new_cents
    - reactivation_cents
    - expansion_cents
    - contraction_cents
    - churn_cents as unexplained_cents,
    customers,
    lost_customers,
    lost_customers / nullif(opening_customers, 0) as customer_churn_share,
    - (churn_cents + contraction_cents)
    / nullif(opening_cents, 0) as revenue_churn_share,
    cast(round(closing_cents / nullif(customers, 0)) as bigint) as arpu_cents,
    measured_on < last_day(month_start) as is_present_month
from bridge
where month_start between date_trunc('month', $since) and $until
order by month_start
