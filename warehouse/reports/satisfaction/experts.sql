-- Answers about visits of an expert; a resolution that brought no visit has none.
with
    answers as (
        select
            expert_id,
            total_of(satisfied_total) as answers,
            share_of(satisfied_hits, satisfied_total) as satisfied_share,
            low_of(satisfied_hits, satisfied_total) as satisfied_low_share,
            high_of(satisfied_hits, satisfied_total) as satisfied_high_share,
            nps_of(promoters, detractors, recommendations) as nps,
            nps_low_of(promoters, detractors, recommendations) as nps_low,
            nps_high_of(promoters, detractors, recommendations) as nps_high,
            total_of(recommendations) as recommendations
        from
            expert_days_in(
                $region, $state, $plan, $device, $expert, $since, $until, $as_of
            )
        where satisfied_total > 0 and expert_id is not null
        group by expert_id
    )

select
    expert_label(expert.location_key, expert.expert_id) as expert,
    answers.* exclude (expert_id),
    cast(expert.expert_id as varchar) as expert_id
from answers
inner join dim_expert as expert on expert.expert_id = answers.expert_id
order by answers desc, expert
limit $limit
