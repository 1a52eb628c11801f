-- Invoiced, less paid, credited and given up, is what the invoice says is still to pay.
with
    receivable as (
        select invoice_id, sum(amount_cents) as cents
        from {{ ref("fct_ledger_entry") }}
        where
            account = 'receivable'
            and
            {{ touched("invoice", "invoice_id", ["fct_invoice", "fct_ledger_entry"]) }}
        group by invoice_id
    )

select invoice.invoice_id, invoice.outstanding_cents, receivable.cents as ledger_cents
from {{ ref("fct_invoice") }} as invoice
left join receivable on receivable.invoice_id = invoice.invoice_id
where
    {{ touched("invoice", "invoice.invoice_id", ["fct_invoice", "fct_ledger_entry"]) }}
    and invoice.outstanding_cents <> coalesce(receivable.cents, 0)
