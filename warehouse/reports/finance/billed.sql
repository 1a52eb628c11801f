select
    cast(date_trunc('month', day) as date) as month_start,
    total_of(invoices) as invoices,
    total_of(invoiced_cents) as invoiced_cents,
    total_of(tax_cents) as tax_cents,
    total_of(collected_cents) as collected_cents,
    total_of(recovered_cents) as recovered_cents
from money_days_in($region, $state, $plan, $since, $until, $as_of)
where invoices > 0 or approved > 0
group by all
order by month_start
