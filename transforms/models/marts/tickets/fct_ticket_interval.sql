-- A ticket is in one status at any moment: from its submission on, each event that
-- changes it ends an interval and begins the next. An expert holds it while it is
-- assigned, accepted or in progress.
with
    starts as (
        select
            ticket_id,
            0 as version,
            'submitted' as status,
            cast(null as uuid) as assignment_id,
            submitted_at as started_at
        from {{ ref("int_ticket") }}
        union all
        select ticket_id, version, to_status, assignment_id, occurred_at
        from {{ ref("stg_sysops__ticket_event") }}
        where from_status is distinct from to_status
    ),

    intervals as (
        select
            *,
            lead(started_at) over (partition by ticket_id order by version) as ended_at
        from starts
    )

select
    cast(intervals.ticket_id as text) || '-' || intervals.version as interval_key,
    intervals.ticket_id,
    intervals.version,
    intervals.status,
    assignment.expert_id,
    intervals.started_at,
    intervals.ended_at,
    {{ minutes_between("intervals.started_at", "intervals.ended_at") }} as minutes,
    intervals.ended_at is null as is_current
from intervals
left join
    {{ ref("int_assignment") }} as assignment
    on assignment.ticket_id = intervals.ticket_id
    and assignment.assignment_id = intervals.assignment_id
    and intervals.status in ('assigned', 'accepted', 'in_progress')
