select
    run_id,
    started_at,
    finished_at,
    status,
    policy,
    tickets,
    windows,
    edges,
    assigned,
    skipped,
    objective,
    cast(extract(epoch from (finished_at - started_at)) as double precision) as seconds
from {{ ref("stg_sysops__assignment_run") }}
