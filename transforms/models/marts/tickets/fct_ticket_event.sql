select
    event_id,
    ticket_id,
    version,
    occurred_at,
    actor,
    actor_id,
    from_status,
    to_status,
    action,
    escalation,
    assignment_id,
    {{
        minutes_between(
            "lag(occurred_at) over (partition by ticket_id order by version)",
            "occurred_at",
        )
    }} as minutes_since_previous
from {{ ref("stg_sysops__ticket_event") }}
