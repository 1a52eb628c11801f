select
    ticket_number,
    status,
    priority,
    hours_between(submitted_at, $as_of) as age_hours,
    hours_between($as_of, sla_due_at) as due_in_hours,
    coalesce(unassigned_reason, 'No assignment run has looked at it yet.') as reason,
    ticket_type_name as ticket_type,
    state,
    plan_name as plan,
    rejections + expiries as refusals,
    cast(ticket_id as varchar) as ticket_id
from tickets_in($region, $state, $plan, $device)
where status in ('submitted', 'open', 'escalated')
order by submitted_at, ticket_id
limit $limit
