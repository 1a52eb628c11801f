select
    assignment_id,
    ticket_id,
    expert_id,
    run_id,
    source,
    is_pinned,
    cast(
        row_number() over (
            partition by ticket_id order by proposed_at, assignment_id
        ) as integer
    ) as attempt,
    status,
    outcome,
    window_start,
    window_end,
    travel_km,
    cost,
    proposed_at,
    answer_by,
    decided_at,
    accepted_at,
    {{ minutes_between("proposed_at", "coalesce(accepted_at, decided_at)") }}
    as minutes_to_answer,
    accepted_at is not null as was_accepted,
    is_visit
from {{ ref("int_assignment") }}
