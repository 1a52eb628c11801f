-- First charges by the month of their answer, and what later attempts made of the
-- declined.
with
    payments as (from payments_in($region, $state, $plan)),

    first_charges as (
        select
            cast(date_trunc('month', decided_on) as date) as month_start,
            invoice_id,
            status,
            amount_cents
        from payments
        where
            attempt = 1
            and status in ('approved', 'declined')
            and is_between(decided_at, $since, $until)
    ),

    recovered as (select distinct invoice_id from payments where is_recovered)

select
    month_start,
    count(*) as first_charges,
    count(*) filter (where status = 'declined') as declined,
    avg(cast(status = 'declined' as integer)) as declined_share,
    coalesce(sum(amount_cents) filter (where status = 'declined'), 0) as declined_cents,
    count(recovered.invoice_id) filter (where status = 'declined') as recovered,
    coalesce(
        sum(amount_cents) filter (
            where status = 'declined' and recovered.invoice_id is not null
        ),
        0
    ) as recovered_cents,
    count(recovered.invoice_id) filter (where status = 'declined')
    / nullif(count(*) filter (where status = 'declined'), 0) as recovered_share
from first_charges
left join recovered on recovered.invoice_id = first_charges.invoice_id
group by month_start
order by month_start
