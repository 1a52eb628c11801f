select
    assignment_id as visit_id,
    ticket_id,
    expert_id,
    cast(
        row_number() over (
            partition by ticket_id order by started_at, assignment_id
        ) as integer
    ) as visit_number,
    window_start,
    window_end,
    started_at,
    visit_ended_at as ended_at,
    visit_outcome as outcome,
    {{ minutes_between("started_at", "visit_ended_at") }} as minutes_on_site,
    greatest(0, {{ minutes_between("window_end", "started_at") }}) as minutes_late,
    started_at <= window_end as is_on_time,
    travel_km
from {{ ref("int_assignment") }}
where is_visit
