-- What became of an assignment: its own row says it, and the events say when, and of
-- visits from before outcomes were coded also how it ended.
with
    answers as (
        select ticket_id, assignment_id, min(occurred_at) as accepted_at
        from {{ ref("stg_sysops__ticket_event") }}
        where to_status = 'accepted'
        group by ticket_id, assignment_id
    ),

    visit_ends as (
        select
            ticket_id,
            assignment_id,
            max(occurred_at) as ended_at,
            max(to_status) as ended_in_status
        from {{ ref("stg_sysops__ticket_event") }}
        where from_status = 'in_progress' and to_status <> 'in_progress'
        group by ticket_id, assignment_id
    )

select
    assignment.*,
    answers.accepted_at,
    assignment.started_at is not null as is_visit,
    visit_ends.ended_at as visit_ended_at,
    case
        when assignment.started_at is null
        then null
        when assignment.outcome is not null
        then assignment.outcome
        when visit_ends.ended_in_status = 'resolved'
        then 'resolved'
        when visit_ends.ended_in_status is null
        then 'in_progress'
        else 'unfinished'
    end as visit_outcome
from {{ ref("stg_sysops__assignment") }} as assignment
left join
    answers
    on answers.ticket_id = assignment.ticket_id
    and answers.assignment_id = assignment.assignment_id
left join
    visit_ends
    on visit_ends.ticket_id = assignment.ticket_id
    and visit_ends.assignment_id = assignment.assignment_id
