select
    state_name,
    total_of(invoices) as invoices,
    total_of(subtotal_cents) as subtotal_cents,
    total_of(tax_cents) as tax_cents,
    share_of(tax_cents, subtotal_cents) as effective_tax_share
from money_days_in($region, $state, $plan, $since, $until, $as_of)
where invoices > 0
group by state_name
order by tax_cents desc, state_name
