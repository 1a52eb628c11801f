-- Rows with the words people read, narrowed by the filters; null lets all in.
create or replace temp macro tickets_in(regions, states, plans, devices) as table
    select
        ticket.*,
        location.region,
        location.state,
        location.state_name,
        coalesce(plan.plan_name, 'Unknown') as plan_name,
        type.ticket_type_name,
        type.device_name
    from fct_ticket as ticket
    left join dim_location as location on location.location_key = ticket.location_key
    left join
        dim_support_plan as plan
        on plan.plan_code = ticket.plan_code
        and plan.is_current
    left join dim_ticket_type as type on type.ticket_type = ticket.ticket_type
    where
        is_chosen(location.region, regions)
        and is_chosen(location.state, states)
        and is_chosen(ticket.plan_code, plans)
        and is_chosen(ticket.device_type, devices);

-- Those of them to which something can have happened in a period: submitted before its
-- end, and changed in it or later. An arrival window may lie ahead, and an answer to a
-- survey comes in the weeks after the last change: 60 days are kept by the data test
-- nothing_happens_long_after_its_ticket.
create or replace temp macro tickets_during(
    regions, states, plans, devices, since, until
) as table
    from tickets_in(regions, states, plans, devices)
    where
        submitted_at < cast(until as timestamp with time zone) + interval '2 days'
        and updated_at >= cast(since as timestamp with time zone) - interval '60 days';

-- Customers with the words of the state that they live in now. By the state and not by the
-- area, so that who moves within one changes no sum.
create or replace temp macro customers_placed() as table
    select
        customer.customer_id,
        customer.state,
        coalesce(place.region, 'Unknown') as region,
        coalesce(place.state_name, 'Unknown') as state_name
    from dim_customer as customer
    left join
        (select distinct state, state_name, region from dim_location) as place
        on place.state = customer.state;

-- An invoice that was issued stays issued: if it is void now, the ledger has a credit
-- note.
create or replace temp macro invoices_issued() as table
    select
        invoice.*,
        customer.region,
        customer.state,
        customer.state_name,
        utc_day(invoice.issued_at) as issued_on
    from fct_invoice as invoice
    inner join customers_placed() as customer on customer.customer_id = invoice.customer_id
    where invoice.issued_at is not null;
