select invoice_id
from {{ ref("fct_invoice") }}
where
    {{ touched("invoice", "invoice_id", ["fct_invoice"]) }}
    and (
        total_cents <> subtotal_cents + tax_cents + carried_cents
        or (total_cents < 0 and status <> 'void')
    )
