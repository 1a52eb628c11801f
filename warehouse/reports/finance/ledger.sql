-- What this page says, and what the ledger says of the same: every difference must be
-- 0.
with
    invoices as (from issued_in($region, $state, $plan)),
    payments as (from payments_in($region, $state, $plan)),
    entries as (from entries_in($region, $state, $plan)),

    -- What banks took back came again when the dispute was won.
    moved as (
        select invoice_id, amount_cents
        from payments
        where status = 'approved'
        union all
        select invoice_id, - amount_cents
        from fct_refund
        where status = 'refunded'
        union all
        select invoice_id, - amount_cents
        from fct_chargeback
        where status <> 'won'
    ),

    period_entries as (from entries where posted_on between $since and $until),

    page as (
        select
            1 as line_order,
            'Invoiced, with tax' as line,
            sum(total_cents) as page_cents
        from invoices
        where issued_on between $since and $until
        union all
        select 2, 'Invoiced, before tax', sum(subtotal_cents)
        from invoices
        where issued_on between $since and $until
        union all
        select 3, 'Tax', sum(tax_cents)
        from invoices
        where issued_on between $since and $until
        union all
        select 4, 'Collected', sum(amount_cents)
        from payments
        where status = 'approved' and decided_on between $since and $until
        union all
        select 5, 'Owed now', sum(outstanding_cents)
        from invoices
        union all
        select 7, 'Cash, less refunds and chargebacks', sum(moved.amount_cents)
        from moved
        inner join invoices on invoices.invoice_id = moved.invoice_id
        union all
        select 6, 'Lines of the invoices', sum(line.amount_cents)
        from fct_invoice_line as line
        inner join invoices on invoices.invoice_id = line.invoice_id
        where issued_on between $since and $until
    ),

    ledger as (
        select 1 as line_order, sum(amount_cents) as ledger_cents
        from period_entries
        where account = 'receivable' and cause = 'invoice'
        union all
        select 2, - sum(amount_cents)
        from period_entries
        where account = 'revenue' and cause = 'invoice'
        union all
        select 3, - sum(amount_cents)
        from period_entries
        where account = 'tax' and cause = 'invoice'
        union all
        select 4, sum(amount_cents)
        from period_entries
        where account = 'cash' and cause = 'payment'
        union all
        select 5, sum(amount_cents)
        from entries
        where account = 'receivable'
        union all
        select 7, sum(amount_cents)
        from entries
        where account = 'cash'
        union all
        select 6, sum(amount_cents)
        from period_entries
        where account = 'receivable' and cause = 'invoice'
    )

select
    line,
    coalesce(page_cents, 0) as page_cents,
    coalesce(ledger_cents, 0) as ledger_cents,
    coalesce(page_cents, 0) - coalesce(ledger_cents, 0) as difference_cents
from page
inner join ledger using (line_order)
order by line_order
