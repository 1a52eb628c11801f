-- What the provider gave back is what the ledger says went out, invoice by invoice.
with
    given_back as (
        select invoice_id, sum(amount_cents) as cents
        from {{ ref("fct_refund") }}
        where
            status = 'refunded'
            and
            {{ touched("invoice", "invoice_id", ["fct_refund", "fct_ledger_entry"]) }}
        group by invoice_id
    ),

    cash as (
        select invoice_id, - sum(amount_cents) as cents
        from {{ ref("fct_ledger_entry") }}
        where
            account = 'cash'
            and cause = 'refund'
            and
            {{ touched("invoice", "invoice_id", ["fct_refund", "fct_ledger_entry"]) }}
        group by invoice_id
    )

select invoice_id, given_back.cents as given_back_cents, cash.cents as ledger_cents
from given_back
full outer join cash using (invoice_id)
where given_back.cents is distinct from cash.cents
