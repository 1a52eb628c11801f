with
    current_assignment as (
        select ticket_id, expert_id, window_start, window_end
        from {{ ref("int_assignment") }}
        where status in ('proposed', 'accepted')
    ),

    resolving_assignment as (
        select milestone.ticket_id, assignment.expert_id
        from {{ ref("int_ticket_milestone") }} as milestone
        inner join
            {{ ref("stg_sysops__ticket_event") }} as event
            on event.ticket_id = milestone.ticket_id
            and event.version = milestone.last_resolved_version
        inner join
            {{ ref("int_assignment") }} as assignment
            on assignment.ticket_id = event.ticket_id
            and assignment.assignment_id = event.assignment_id
    ),

    last_answer as (
        select
            *,
            row_number() over (
                partition by ticket_id order by ticket_version desc
            ) as place
        from {{ ref("int_survey_answer") }}
    )

select
    ticket.ticket_id,
    ticket.ticket_number,
    ticket.customer_id,
    ticket.contract_id,
    ticket.plan_code,
    {{ location_key("ticket.state", "ticket.zip3") }} as location_key,
    ticket.ticket_type,
    ticket_type.device_type,
    ticket.priority,
    ticket.channel,
    ticket.status,
    ticket.status not in ('resolved', 'closed', 'cancelled') as is_open,
    ticket.version,
    ticket.submitted_at,
    {{ day_in("ticket.submitted_at", "ticket.time_zone") }} as submitted_on,
    ticket.sla_due_at,
    milestone.first_assigned_at,
    milestone.first_accepted_at,
    milestone.first_started_at,
    milestone.first_resolved_at,
    ticket.resolved_at,
    case when ticket.status = 'closed' then milestone.last_closed_at end as closed_at,
    milestone.cancelled_at,
    {{ minutes_between("ticket.submitted_at", "milestone.first_assigned_at") }}
    as minutes_to_assign,
    {{ minutes_between("ticket.submitted_at", "milestone.first_accepted_at") }}
    as minutes_to_accept,
    {{ minutes_between("ticket.submitted_at", "milestone.first_started_at") }}
    as minutes_to_start,
    {{ minutes_between("ticket.submitted_at", "ticket.resolved_at") }}
    as minutes_to_resolve,
    ticket.resolved_at <= ticket.sla_due_at as is_sla_met,
    coalesce(milestone.escalations, 0) as escalations,
    coalesce(milestone.reopens, 0) as reopens,
    coalesce(assignment.assignments, 0) as assignments,
    coalesce(assignment.rejections, 0) as rejections,
    coalesce(assignment.expiries, 0) as expiries,
    coalesce(assignment.withdrawals, 0) as withdrawals,
    coalesce(assignment.visits, 0) as visits,
    coalesce(assignment.unfinished_visits, 0) as unfinished_visits,
    case
        when ticket.resolved_at is not null
        then coalesce(assignment.visits, 0) = 1 and coalesce(milestone.reopens, 0) = 0
    end as is_first_time_fix,
    current_assignment.expert_id as current_expert_id,
    current_assignment.window_start,
    current_assignment.window_end,
    case
        when ticket.resolved_at is not null then resolving_assignment.expert_id
    end as resolving_expert_id,
    case when ticket.status = 'open' then decision.reason end as unassigned_reason,
    last_answer.score as survey_score,
    ticket.updated_at
from {{ ref("int_ticket") }} as ticket
left join
    {{ ref("stg_sysops__ticket_type") }} as ticket_type
    on ticket_type.ticket_type = ticket.ticket_type
left join
    {{ ref("int_ticket_milestone") }} as milestone
    on milestone.ticket_id = ticket.ticket_id
left join
    {{ ref("int_ticket_assignment") }} as assignment
    on assignment.ticket_id = ticket.ticket_id
left join current_assignment on current_assignment.ticket_id = ticket.ticket_id
left join resolving_assignment on resolving_assignment.ticket_id = ticket.ticket_id
left join
    last_answer on last_answer.ticket_id = ticket.ticket_id and last_answer.place = 1
left join
    {{ ref("int_last_decision") }} as decision on decision.ticket_id = ticket.ticket_id
