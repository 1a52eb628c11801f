select
    id as run_id,
    started_at,
    finished_at,
    as_of,
    status,
    policy,
    tickets,
    windows,
    edges,
    assigned,
    skipped,
    objective
from {{ source("sysops", "assignment_run") }}
