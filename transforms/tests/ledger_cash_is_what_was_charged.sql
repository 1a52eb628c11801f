-- What the provider approved is what the ledger says came in, invoice by invoice.
with
    cash as (
        select invoice_id, sum(amount_cents) as cents
        from {{ ref("fct_ledger_entry") }}
        where
            account = 'cash'
            and cause = 'payment'
            and
            {{ touched("invoice", "invoice_id", ["fct_invoice", "fct_ledger_entry"]) }}
        group by invoice_id
    )

select invoice.invoice_id, invoice.collected_cents, cash.cents as ledger_cents
from {{ ref("fct_invoice") }} as invoice
left join cash on cash.invoice_id = invoice.invoice_id
where
    {{ touched("invoice", "invoice.invoice_id", ["fct_invoice", "fct_ledger_entry"]) }}
    and invoice.collected_cents <> coalesce(cash.cents, 0)
