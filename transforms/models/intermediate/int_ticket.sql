-- Sysops decides; a ticket that only the customer database has is still on its way
-- there.
with
    contracts as (
        select contract_id, plan_code from {{ ref("stg_customer__contract") }}
    ),

    in_sysops as (
        select
            ticket_id,
            ticket_number,
            customer_id,
            contract_id,
            state,
            zip3,
            time_zone,
            ticket_type,
            priority,
            channel,
            status,
            version,
            submitted_at,
            sla_due_at,
            resolved_at,
            updated_at
        from {{ ref("stg_sysops__ticket") }}
    ),

    on_its_way as (
        select
            ticket.ticket_id,
            ticket.ticket_number,
            ticket.customer_id,
            ticket.contract_id,
            address.state,
            address.zip3,
            address.time_zone,
            ticket.ticket_type,
            ticket.priority,
            ticket.channel,
            ticket.status,
            ticket.version,
            ticket.submitted_at,
            cast(null as timestamp with time zone) as sla_due_at,
            ticket.resolved_at,
            ticket.updated_at
        from {{ ref("stg_customer__ticket") }} as ticket
        inner join
            {{ ref("stg_customer__address") }} as address
            on address.address_id = ticket.address_id
        where
            not exists (
                select 1
                from {{ ref("stg_sysops__ticket") }} as known
                where known.ticket_id = ticket.ticket_id
            )
    ),

    tickets as (
        select *
        from in_sysops
        union all
        select *
        from on_its_way
    )

select tickets.*, contracts.plan_code
from tickets
left join contracts on contracts.contract_id = tickets.contract_id
