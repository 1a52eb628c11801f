with
    proposals as (
        select
            expert_id,
            count(*) filter (
                where answer in ('accepted', 'rejected', 'expired')
            ) as proposals,
            count(*) filter (where answer = 'accepted') as accepted,
            count(*) filter (where answer = 'rejected') as rejected,
            count(*) filter (where answer = 'expired') as expired
        from proposals_in($region, $state, $plan, $device)
        where day between $since and $until
        group by expert_id
    ),

    visits as (
        select
            expert_id,
            count(*) as visits,
            avg(cast(is_on_time as integer)) as on_time_share,
            avg(travel_km) as travel_per_visit_km,
            sum(minutes_on_site) / 60 as on_site_hours,
            count(*) / count(distinct day) as visits_per_day
        from visits_in($region, $state, $plan, $device)
        where day between $since and $until
        group by expert_id
    ),

    rates as (
        select
            expert_id,
            count(*) filter (where measure = 'fixed_at_first_visit') as first_visits,
            count(*) filter (
                where measure = 'fixed_at_first_visit' and is_hit
            ) as fixed,
            count(*) filter (where measure = 'satisfied') as survey_answers,
            count(*) filter (where measure = 'satisfied' and is_hit) as satisfied
        from rates_in($region, $state, $plan, $device, $as_of)
        where day between $since and $until and expert_id is not null
        group by expert_id
    )

select
    expert_label(expert.location_key, expert.expert_id) as expert,
    coalesce(visits, 0) as visits,
    coalesce(proposals, 0) as proposals,
    accepted / nullif(proposals, 0) as accepted_share,
    coalesce(rejected, 0) as rejected,
    coalesce(expired, 0) as expired,
    on_time_share,
    fixed / nullif(first_visits, 0) as fixed_at_first_visit_share,
    wilson_low(fixed, first_visits) as fixed_low_share,
    wilson_high(fixed, first_visits) as fixed_high_share,
    satisfied / nullif(survey_answers, 0) as satisfied_share,
    wilson_low(satisfied, survey_answers) as satisfied_low_share,
    wilson_high(satisfied, survey_answers) as satisfied_high_share,
    coalesce(survey_answers, 0) as survey_answers,
    travel_per_visit_km,
    on_site_hours,
    visits_per_day,
    expert.is_active,
    cast(expert.expert_id as varchar) as expert_id
from dim_expert as expert
left join proposals using (expert_id)
left join visits using (expert_id)
left join rates using (expert_id)
where
    (proposals is not null or visits is not null or rates.expert_id is not null)
    and ($expert is null or list_contains($expert, cast(expert.expert_id as varchar)))
order by visits desc, expert
limit $limit
