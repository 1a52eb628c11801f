-- One row: the period's money, in cents.
with
    months as (
        select day, sum(mrr_cents) as mrr_cents, sum(change_cents) as change_cents
        from
            revenue_months_in($region, $state, $plan, first_of_all(), $until, $as_of)
        group by day
    ),

    revenue as (
        select
            cast(arg_max(mrr_cents, day) as bigint) as mrr_cents,
            total_where(
                change_cents, day >= date_trunc('month', $since)
            ) as net_new_mrr_cents,
            max(day) as last_month
        from months
    ),

    money as (
        from money_days_in($region, $state, $plan, first_of_all(), last_of_all(), $as_of)
    )

select revenue.* exclude (last_month), customer.*, period.*, owed.*
from
    revenue,
    (
        select any_value(customers) as customers
        from
            customer_months_in($region, $state, $plan, first_of_all(), $until, $as_of)
        where day = (select last_month from revenue)
    ) as customer,
    (
        select
            total_of(invoiced_cents) as invoiced_cents,
            total_of(tax_cents) as tax_cents,
            total_of(collected_cents) as collected_cents,
            share_of(declined, first_charges) as declined_share,
            share_of(made_good, declined) as recovered_share
        from money
        where day between $since and $until
    ) as period,
    (
        select
            total_of(outstanding_cents) as outstanding_cents,
            total_where(
                outstanding_cents, debt_order(utc_day($as_of) - day) > 2
            ) as outstanding_over_30_days_cents
        from money
    ) as owed
