-- What this page says, and what the ledger says of the same: every difference must be 0.
with
    money as (
        select *, day between $since and $until as is_of_period
        from
            money_days_in($region, $state, $plan, first_of_all(), last_of_all(), $as_of)
    ),

    ledger as (
        select
            *,
            debit_cents - credit_cents as cents,
            cause = 'invoice' and day between $since and $until as is_invoiced,
            cause = 'payment' and day between $since and $until as is_collected
        from
            ledger_days_in(
                $region, $state, $plan, first_of_all(), last_of_all(), $as_of
            )
    ),

    page as (
        select
            unnest(
                [
                    total_where(invoiced_cents, is_of_period),
                    total_where(subtotal_cents, is_of_period),
                    total_where(tax_cents, is_of_period),
                    total_where(collected_cents, is_of_period),
                    total_where(outstanding_cents, true),
                    total_where(line_cents, is_of_period),
                    total_where(
                        collected_cents - refunded_cents - taken_back_cents, true
                    )
                ]
            ) as page_cents,
            unnest(
                [
                    'Invoiced, with tax',
                    'Invoiced, before tax',
                    'Tax',
                    'Collected',
                    'Owed now',
                    'Lines of the invoices',
                    'Cash, less refunds and chargebacks'
                ]
            ) as line,
            unnest(range(7)) as line_order
        from money
    ),

    posted as (
        select
            unnest(
                [
                    total_where(cents, account = 'receivable' and is_invoiced),
                    - total_where(cents, account = 'revenue' and is_invoiced),
                    - total_where(cents, account = 'tax' and is_invoiced),
                    total_where(cents, account = 'cash' and is_collected),
                    total_where(cents, account = 'receivable'),
                    total_where(cents, account = 'receivable' and is_invoiced),
                    total_where(cents, account = 'cash')
                ]
            ) as ledger_cents,
            unnest(range(7)) as line_order
        from ledger
    )

select line, page_cents, ledger_cents, page_cents - ledger_cents as difference_cents
from page
inner join posted using (line_order)
order by line_order
