-- Money that adds up, by the day on which it counts, where the customer lives and the plan.
-- Publishing keeps all four tables in files; without, they are counted here.
create or replace temp macro money_days(since, until, now) as table
    with
        moved as (
            select 'invoice' as kind, issued_on as day, *
            from invoices_issued()
            where is_between(issued_at, since, until)
            union all by name
            select
                'line' as kind, issued_on as day, line.amount_cents, invoice.*
            from fct_invoice_line as line
            inner join invoices_issued() as invoice on invoice.invoice_id = line.invoice_id
            where is_between(invoice.issued_at, since, until)
            union all by name
            -- What later attempts made of a first charge counts with the first.
            select
                payment.status as kind,
                utc_day(payment.decided_at) as day,
                payment.amount_cents,
                payment.is_recovered,
                payment.attempt = 1 as is_first,
                payment.invoice_id
                in (select invoice_id from fct_payment where is_recovered) as is_made_good,
                invoice.*
            from fct_payment as payment
            inner join invoices_issued() as invoice on invoice.invoice_id = payment.invoice_id
            where
                payment.status in ('approved', 'declined')
                and is_between(payment.decided_at, since, until)
            union all by name
            select
                'refund' as kind,
                utc_day(refund.created_at) as day,
                refund.amount_cents,
                invoice.*
            from fct_refund as refund
            inner join invoices_issued() as invoice on invoice.invoice_id = refund.invoice_id
            where refund.status = 'refunded' and is_between(refund.created_at, since, until)
            union all by name
            -- What banks took back came again when the dispute was won.
            select
                'chargeback' as kind,
                utc_day(chargeback.opened_at) as day,
                chargeback.amount_cents,
                invoice.*
            from fct_chargeback as chargeback
            inner join
                invoices_issued() as invoice on invoice.invoice_id = chargeback.invoice_id
            where
                chargeback.status <> 'won' and is_between(chargeback.opened_at, since, until)
        )

    select
        day,
        region,
        state,
        state_name,
        plan_code,
        counted(kind = 'invoice') as invoices,
        total_where(total_cents, kind = 'invoice') as invoiced_cents,
        total_where(subtotal_cents, kind = 'invoice') as subtotal_cents,
        total_where(tax_cents, kind = 'invoice') as tax_cents,
        counted(kind = 'invoice' and outstanding_cents <> 0) as owed_invoices,
        total_where(outstanding_cents, kind = 'invoice') as outstanding_cents,
        total_where(amount_cents, kind = 'line') as line_cents,
        counted(kind = 'approved') as approved,
        total_where(amount_cents, kind = 'approved') as collected_cents,
        total_where(amount_cents, kind = 'approved' and is_recovered) as recovered_cents,
        counted(is_first) as first_charges,
        counted(is_first and kind = 'declined') as declined,
        total_where(amount_cents, is_first and kind = 'declined') as declined_cents,
        counted(is_first and kind = 'declined' and is_made_good) as made_good,
        total_where(
            amount_cents, is_first and kind = 'declined' and is_made_good
        ) as made_good_cents,
        total_where(amount_cents, kind = 'refund') as refunded_cents,
        total_where(amount_cents, kind = 'chargeback') as taken_back_cents
    from moved
    group by all;

create or replace temp macro ledger_days(since, until, now) as table
    select
        utc_day(entry.posted_at) as day,
        invoice.region,
        invoice.state,
        invoice.plan_code,
        entry.account,
        entry.cause,
        total_where(entry.amount_cents, entry.amount_cents > 0) as debit_cents,
        - total_where(entry.amount_cents, entry.amount_cents < 0) as credit_cents
    from fct_ledger_entry as entry
    inner join invoices_issued() as invoice on invoice.invoice_id = entry.invoice_id
    where is_between(entry.posted_at, since, until)
    group by all;

-- Recurring revenue; the day is the first of the month.
create or replace temp macro revenue_months(since, until, now) as table
    select
        contract.month_start as day,
        customer.region,
        customer.state,
        contract.plan_code,
        max(contract.measured_on) as measured_on,
        total_where(mrr_cents, true) as mrr_cents,
        total_where(mrr_change_cents, true) as change_cents,
        total_where(mrr_change_cents, movement = 'new') as new_cents,
        total_where(mrr_change_cents, movement = 'reactivation') as reactivation_cents,
        total_where(mrr_change_cents, movement = 'expansion') as expansion_cents,
        total_where(mrr_change_cents, movement = 'contraction') as contraction_cents,
        total_where(mrr_change_cents, movement = 'churn') as churn_cents
    from fct_contract_month as contract
    inner join customers_placed() as customer on customer.customer_id = contract.customer_id
    where contract.month_start between since and until
    group by all;

-- Customers do not add up over plans, as one can have several: they are counted by the plans
-- that they pay for and by those that they have lost.
create or replace temp macro customer_months(since, until, now) as table
    with
        plans as (
            select
                month_start,
                customer_id,
                plan_code,
                sum(mrr_cents) > 0 as is_paid,
                bool_or(movement = 'churn') as is_lost
            from fct_contract_month
            where month_start between since and until
            group by all
        ),
        customers as (
            select
                month_start,
                customer_id,
                list(plan_code order by plan_code) filter (where is_paid) as paid_plans,
                list(plan_code order by plan_code) filter (where is_lost) as lost_plans
            from plans
            group by all
        )

    select
        customers.month_start as day,
        placed.region,
        placed.state,
        customers.paid_plans,
        customers.lost_plans,
        cast(count(*) as integer) as customers
    from customers
    inner join customers_placed() as placed on placed.customer_id = customers.customer_id
    group by all;

-- Whether one of a customer's plans is let in by the filter.
create or replace temp macro has_plan(plans, owned) as
    len(owned) > 0 and (plans is null or list_has_any(owned, plans));

-- The four, narrowed by the filters.
create or replace temp macro money_days_in(regions, states, plans, since, until, now) as table
    from money_days(since, until, now)
    where
        is_chosen(region, regions)
        and is_chosen(state, states)
        and is_chosen(plan_code, plans);

create or replace temp macro ledger_days_in(regions, states, plans, since, until, now) as table
    from ledger_days(since, until, now)
    where
        is_chosen(region, regions)
        and is_chosen(state, states)
        and is_chosen(plan_code, plans);

create or replace temp macro revenue_months_in(
    regions, states, plans, since, until, now
) as table
    from revenue_months(since, until, now)
    where
        is_chosen(region, regions)
        and is_chosen(state, states)
        and is_chosen(plan_code, plans);

create or replace temp macro customer_months_in(
    regions, states, plans, since, until, now
) as table
    select
        day,
        total_where(customers, has_plan(plans, paid_plans)) as customers,
        total_where(customers, has_plan(plans, lost_plans)) as lost_customers
    from customer_months(since, until, now)
    where
        is_chosen(region, regions)
        and is_chosen(state, states)
    group by day;
