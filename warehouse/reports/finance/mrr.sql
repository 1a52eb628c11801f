-- A bridge from month to month; `unexplained_cents` must be 0.
with
    -- Those of the period, and the one before, in which the first opens.
    months as (
        from contract_months_in($region, $state, $plan)
        where
            month_start between date_trunc('month', $since) - interval '1 month'
            and $until
    ),

    customer_months as (
        select
            month_start,
            customer_id,
            sum(mrr_cents) as mrr_cents,
            sum(mrr_change_cents) as mrr_change_cents,
            bool_or(movement = 'churn') as is_lost
        from months
        group by month_start, customer_id
    ),

    customers as (
        select
            month_start,
            count(*) filter (where mrr_cents > 0) as customers,
            count(*) filter (where is_lost) as lost_customers
        from customer_months
        group by month_start
    ),

    movements as (
        select
            month_start,
            max(measured_on) as measured_on,
            sum(mrr_cents) as closing_cents,
            coalesce(
                sum(mrr_change_cents) filter (where movement = 'new'), 0
            ) as new_cents,
            coalesce(
                sum(mrr_change_cents) filter (where movement = 'reactivation'), 0
            ) as reactivation_cents,
            coalesce(
                sum(mrr_change_cents) filter (where movement = 'expansion'), 0
            ) as expansion_cents,
            coalesce(
                sum(mrr_change_cents) filter (where movement = 'contraction'), 0
            ) as contraction_cents,
            coalesce(
                sum(mrr_change_cents) filter (where movement = 'churn'), 0
            ) as churn_cents
        from months
        group by month_start
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
