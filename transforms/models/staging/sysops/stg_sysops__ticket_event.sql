select
    id as event_id,
    ticket_id,
    version,
    "at" as occurred_at,
    actor,
    actor_id,
    from_status,
    to_status,
    action,
    escalation,
    assignment_id
from {{ source("sysops", "ticket_event") }}
