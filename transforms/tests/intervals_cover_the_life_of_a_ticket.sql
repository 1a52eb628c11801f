-- No gap and no overlap: the minutes of all statuses are the minutes to the last
-- transition.
with
    lives as (
        select ticket_id, sum(minutes) as minutes, max(started_at) as last_started_at
        from {{ ref("fct_ticket_interval") }}
        where
            {{ touched("ticket", "ticket_id", ["fct_ticket", "fct_ticket_interval"]) }}
        group by ticket_id
    )

select ticket.ticket_id, lives.minutes
from {{ ref("fct_ticket") }} as ticket
left join lives on lives.ticket_id = ticket.ticket_id
where
    {{ touched("ticket", "ticket.ticket_id", ["fct_ticket", "fct_ticket_interval"]) }}
    and (
        lives.ticket_id is null
        or abs(
            coalesce(lives.minutes, 0)
            - {{ minutes_between("ticket.submitted_at", "lives.last_started_at") }}
        )
        > 0.001
    )
