select invoice.invoice_id, invoice.total_cents, sum(line.amount_cents) as line_cents
from {{ ref("fct_invoice") }} as invoice
left join {{ ref("fct_invoice_line") }} as line on line.invoice_id = invoice.invoice_id
where
    {{ touched("invoice", "invoice.invoice_id", ["fct_invoice", "fct_invoice_line"]) }}
group by invoice.invoice_id, invoice.total_cents
having sum(line.amount_cents) is distinct from invoice.total_cents
