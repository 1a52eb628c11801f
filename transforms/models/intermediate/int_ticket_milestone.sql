select
    ticket_id,
    min(occurred_at) filter (where to_status = 'assigned') as first_assigned_at,
    min(occurred_at) filter (where to_status = 'accepted') as first_accepted_at,
    min(occurred_at) filter (where to_status = 'in_progress') as first_started_at,
    min(occurred_at) filter (where to_status = 'resolved') as first_resolved_at,
    max(occurred_at) filter (where to_status = 'closed') as last_closed_at,
    max(occurred_at) filter (where to_status = 'cancelled') as cancelled_at,
    max(version) filter (where to_status = 'resolved') as last_resolved_version,
    cast(
        count(*) filter (
            where to_status = 'escalated' and from_status is distinct from 'escalated'
        ) as integer
    ) as escalations,
    cast(
        count(*) filter (
            where from_status in ('resolved', 'closed') and to_status = 'open'
        ) as integer
    ) as reopens
from {{ ref("stg_sysops__ticket_event") }}
group by ticket_id
