select
    ticket_number,
    expert_label(expert.location_key, expert.expert_id) as expert,
    hours_between(proposed_at, $as_of) * 60 as waiting_minutes,
    hours_between($as_of, answer_by) * 60 as answer_in_minutes,
    priority,
    ticket_type_name as ticket_type,
    proposal.state,
    window_start,
    cast(ticket_id as varchar) as ticket_id
from proposals_waiting($region, $state, $plan, $device) as proposal
inner join dim_expert as expert on expert.expert_id = proposal.expert_id
order by answer_by, ticket_number
limit $limit
