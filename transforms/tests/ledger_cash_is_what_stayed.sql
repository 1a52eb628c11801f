-- Cash in the ledger is what was collected and neither given back nor taken back by a
-- bank, invoice by invoice.
{% set marts = ["fct_payment", "fct_refund", "fct_chargeback", "fct_ledger_entry"] %}

with
    movements as (
        select invoice_id, amount_cents
        from {{ ref("fct_payment") }}
        where status = 'approved'
        union all
        select invoice_id, - amount_cents
        from {{ ref("fct_refund") }}
        where status = 'refunded'
        union all
        select invoice_id, - amount_cents
        from {{ ref("fct_chargeback") }}
        where status <> 'won'
    ),

    stayed as (
        select invoice_id, sum(amount_cents) as cents
        from movements
        where {{ touched("invoice", "invoice_id", marts) }}
        group by invoice_id
    ),

    cash as (
        select invoice_id, sum(amount_cents) as cents
        from {{ ref("fct_ledger_entry") }}
        where account = 'cash' and {{ touched("invoice", "invoice_id", marts) }}
        group by invoice_id
    )

select invoice_id, stayed.cents as stayed_cents, cash.cents as ledger_cents
from stayed
full outer join cash using (invoice_id)
where stayed.cents is distinct from cash.cents
