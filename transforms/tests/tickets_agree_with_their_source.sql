-- Every ticket of the sources is in the mart, on its day.
with
    source_days as (
        select
            cast(submitted_at at time zone 'UTC' as date) as submitted_on,
            count(*) as tickets
        from
            (
                select ticket_id, submitted_at
                from {{ ref("stg_sysops__ticket") }}
                where {{ touched("ticket", "ticket_id", ["fct_ticket"]) }}
                union all
                select ticket.ticket_id, ticket.submitted_at
                from {{ ref("stg_customer__ticket") }} as ticket
                where
                    {{ touched("ticket", "ticket.ticket_id", ["fct_ticket"]) }}
                    and not exists (
                        select 1
                        from {{ ref("stg_sysops__ticket") }} as known
                        where known.ticket_id = ticket.ticket_id
                    )
            ) as tickets
        group by 1
    ),

    mart_days as (
        select
            cast(submitted_at at time zone 'UTC' as date) as submitted_on,
            count(*) as tickets
        from {{ ref("fct_ticket") }}
        where {{ touched("ticket", "ticket_id", ["fct_ticket"]) }}
        group by 1
    )

select submitted_on, source_days.tickets as in_source, mart_days.tickets as in_mart
from source_days
full outer join mart_days using (submitted_on)
where source_days.tickets is distinct from mart_days.tickets
