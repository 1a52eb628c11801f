-- What this page says, and what the ledger says of the same: every difference must be 0.
with
    invoices as (
        select
            invoice_id,
            total_cents,
            subtotal_cents,
            tax_cents,
            outstanding_cents,
            is_between(issued_at, $since, $until) as is_of_period
        from issued_in($region, $state, $plan)
    ),

    invoiced as (
        select
            sum(total_cents) filter (where is_of_period) as total_cents,
            sum(subtotal_cents) filter (where is_of_period) as subtotal_cents,
            sum(tax_cents) filter (where is_of_period) as tax_cents,
            sum(outstanding_cents) as outstanding_cents
        from invoices
    ),

    paid as (
        select
            sum(amount_cents) as amount_cents,
            sum(amount_cents) filter (
                where is_between(decided_at, $since, $until)
            ) as period_cents
        from payments_in($region, $state, $plan)
        where status = 'approved'
    ),

    -- What banks took back came again when the dispute was won.
    moved as (
        select amount_cents
        from paid
        union all
        select - sum(refund.amount_cents)
        from fct_refund as refund
        inner join invoices on invoices.invoice_id = refund.invoice_id
        where refund.status = 'refunded'
        union all
        select - sum(chargeback.amount_cents)
        from fct_chargeback as chargeback
        inner join invoices on invoices.invoice_id = chargeback.invoice_id
        where chargeback.status <> 'won'
    ),

    page as (
        select
            1 as line_order,
            'Invoiced, with tax' as line,
            total_cents as page_cents
        from invoiced
        union all
        select 2, 'Invoiced, before tax', subtotal_cents
        from invoiced
        union all
        select 3, 'Tax', tax_cents
        from invoiced
        union all
        select 4, 'Collected', period_cents
        from paid
        union all
        select 5, 'Owed now', outstanding_cents
        from invoiced
        union all
        select 7, 'Cash, less refunds and chargebacks', sum(amount_cents)
        from moved
        union all
        select 6, 'Lines of the invoices', sum(line.amount_cents)
        from fct_invoice_line as line
        inner join invoices on invoices.invoice_id = line.invoice_id
        where is_of_period
    ),

    posted as (
        select
            account,
            cause,
            sum(amount_cents) as balance_cents,
            sum(amount_cents) filter (
                where is_between(posted_at, $since, $until)
            ) as period_cents
        from entries_in($region, $state, $plan)
        group by account, cause
    ),

    ledger as (
        select 1 as line_order, sum(period_cents) as ledger_cents
        from posted
        where account = 'receivable' and cause = 'invoice'
        union all
        select 2, - sum(period_cents)
        from posted
        where account = 'revenue' and cause = 'invoice'
        union all
        select 3, - sum(period_cents)
        from posted
        where account = 'tax' and cause = 'invoice'
        union all
        select 4, sum(period_cents)
        from posted
        where account = 'cash' and cause = 'payment'
        union all
        select 5, sum(balance_cents)
        from posted
        where account = 'receivable'
        union all
        select 7, sum(balance_cents)
        from posted
        where account = 'cash'
        union all
        select 6, sum(period_cents)
        from posted
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
