-- Revenue and tax that credit notes took back, invoice by invoice.
with
    notes as (
        select invoice_id, sum(amount_cents) as cents, sum(tax_cents) as tax_cents
        from {{ ref("fct_credit_note") }}
        where
            {{
                touched(
                    "invoice", "invoice_id", ["fct_credit_note", "fct_ledger_entry"]
                )
            }}
        group by invoice_id
    ),

    posted as (
        select
            invoice_id,
            sum(amount_cents) as cents,
            coalesce(sum(amount_cents) filter (where account = 'tax'), 0) as tax_cents
        from {{ ref("fct_ledger_entry") }}
        where
            cause = 'credit_note'
            and account in ('revenue', 'tax')
            and {{
                touched(
                    "invoice",
                    "invoice_id",
                    ["fct_credit_note", "fct_ledger_entry"],
                )
            }}
        group by invoice_id
    )

select invoice_id, notes.cents as note_cents, posted.cents as ledger_cents
from notes
full outer join posted using (invoice_id)
where
    notes.cents is distinct from posted.cents
    or notes.tax_cents is distinct from posted.tax_cents
