-- Whom to call: the newest low scores first. What was written is in the customer
-- database.
select
    answered_at,
    ticket_number,
    score,
    would_recommend,
    has_comment,
    status,
    ticket_type_name as type,
    region,
    expert_label(expert.location_key, expert.expert_id) as expert,
    cast(ticket_id as varchar) as ticket_id,
    cast(survey_id as varchar) as survey_id
from
    low_scores_in(
        $region, $state, $plan, $device, $expert, $since, $until, $as_of
    ) as answer
left join dim_expert as expert on expert.expert_id = answer.expert_id
order by answered_at desc, survey_id
limit $limit
