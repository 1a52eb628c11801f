with
    invoiced as (
        select
            cast(date_trunc('month', issued_on) as date) as month_start,
            count(*) as invoices,
            sum(total_cents) as invoiced_cents,
            sum(tax_cents) as tax_cents
        from issued_in($region, $state, $plan)
        where is_between(issued_at, $since, $until)
        group by all
    ),

    collected as (
        select
            cast(date_trunc('month', decided_on) as date) as month_start,
            sum(amount_cents) as collected_cents,
            coalesce(
                sum(amount_cents) filter (where is_recovered), 0
            ) as recovered_cents
        from payments_in($region, $state, $plan)
        where status = 'approved' and is_between(decided_at, $since, $until)
        group by all
    )

select
    month_start,
    coalesce(invoices, 0) as invoices,
    coalesce(invoiced_cents, 0) as invoiced_cents,
    coalesce(tax_cents, 0) as tax_cents,
    coalesce(collected_cents, 0) as collected_cents,
    coalesce(recovered_cents, 0) as recovered_cents
from invoiced
full join collected using (month_start)
order by month_start
