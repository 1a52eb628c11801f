-- One row: the period's money, in cents.
with
    invoices as (from issued_in($region, $state, $plan)),
    payments as (from payments_in($region, $state, $plan)),

    months as (
        select
            month_start,
            sum(mrr_cents) as mrr_cents,
            sum(mrr_change_cents) as net_new_cents
        from contract_months_in($region, $state, $plan)
        where month_start <= $until
        group by month_start
    ),

    first_charges as (
        select *
        from payments
        where
            attempt = 1
            and status in ('approved', 'declined')
            and is_between(decided_at, $since, $until)
    ),

    declined as (
        select distinct
            first_charge.invoice_id, later.invoice_id is not null as is_recovered
        from first_charges as first_charge
        left join
            payments as later
            on later.invoice_id = first_charge.invoice_id
            and later.is_recovered
        where first_charge.status = 'declined'
    )

select
    (select arg_max(mrr_cents, month_start) from months) as mrr_cents,
    (
        select coalesce(sum(net_new_cents), 0)
        from months
        where month_start >= date_trunc('month', $since)
    ) as net_new_mrr_cents,
    case
        when exists (from months)
        then
            (
                select count(distinct customer_id)
                from contract_months_in($region, $state, $plan)
                where
                    mrr_cents > 0
                    and month_start = (select max(month_start) from months)
            )
    end as customers,
    (
        select coalesce(sum(total_cents), 0)
        from invoices
        where is_between(issued_at, $since, $until)
    ) as invoiced_cents,
    (
        select coalesce(sum(tax_cents), 0)
        from invoices
        where is_between(issued_at, $since, $until)
    ) as tax_cents,
    (
        select coalesce(sum(amount_cents), 0)
        from payments
        where status = 'approved' and is_between(decided_at, $since, $until)
    ) as collected_cents,
    (
        select avg(cast(status = 'declined' as integer)) from first_charges
    ) as declined_share,
    (select avg(cast(is_recovered as integer)) from declined) as recovered_share,
    (select coalesce(sum(outstanding_cents), 0) from invoices) as outstanding_cents,
    (
        select coalesce(sum(outstanding_cents), 0)
        from invoices
        where hours_between(issued_at, $as_of) / 24 >= 31
    ) as outstanding_over_30_days_cents
