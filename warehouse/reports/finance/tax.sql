select
    state_name,
    count(*) as invoices,
    sum(subtotal_cents) as subtotal_cents,
    sum(tax_cents) as tax_cents,
    sum(tax_cents) / nullif(sum(subtotal_cents), 0) as effective_tax_share
from issued_in($region, $state, $plan)
where is_between(issued_at, $since, $until)
group by state_name
order by tax_cents desc, state_name
