-- Answers about visits of an expert; a resolution that brought no visit has none.
select
    expert_label(expert.location_key, expert.expert_id) as expert,
    count(*) as answers,
    avg(cast(is_satisfied as integer)) as satisfied_share,
    low_among(is_satisfied) as satisfied_low_share,
    high_among(is_satisfied) as satisfied_high_share,
    nps_among(recommendation) as nps,
    nps_low_among(recommendation) as nps_low,
    nps_high_among(recommendation) as nps_high,
    count(recommendation) as recommendations,
    cast(expert.expert_id as varchar) as expert_id
from answers_in($region, $state, $plan, $device, $expert) as answer
inner join dim_expert as expert on expert.expert_id = answer.expert_id
where day between $since and $until
group by expert.location_key, expert.expert_id
order by answers desc, expert
limit $limit
