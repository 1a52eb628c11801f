select
    id as assignment_id,
    ticket_id,
    expert_id,
    run_id,
    during_start as window_start,
    during_end as window_end,
    status,
    travel_km,
    cost,
    proposed_at,
    answer_by,
    decided_at,
    started_at,
    completed_at,
    outcome,
    case source when 'manual' then 'by_hand' else source end as source,
    pinned as is_pinned
from {{ source("sysops", "assignment") }}
