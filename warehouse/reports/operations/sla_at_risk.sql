select
    ticket_number,
    sla_risk(sla_due_at, window_end, $as_of) as risk,
    hours_between($as_of, sla_due_at) as due_in_hours,
    sla_due_at,
    window_start,
    status,
    priority,
    ticket_type_name as ticket_type,
    state,
    plan_name as plan,
    cast(ticket_id as varchar) as ticket_id
from tickets_in($region, $state, $plan, $device)
where is_open and sla_risk(sla_due_at, window_end, $as_of) is not null
order by sla_due_at, ticket_id
limit $limit
