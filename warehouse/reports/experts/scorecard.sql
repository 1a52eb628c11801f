with
    months as (
        select
            expert_id,
            date_trunc('month', day) as month,
            days_with(visits, day) as days,
            sum(accepted_total) as proposals,
            sum(accepted_hits) as accepted,
            sum(rejected) as rejected,
            sum(expired) as expired,
            sum(visits) as visits,
            sum(on_time_hits) as on_time,
            sum(travel_km) as travel_km,
            sum(travels) as travels,
            sum(minutes_on_site) as minutes_on_site,
            sum(fixed_at_first_visit_total) as first_visits,
            sum(fixed_at_first_visit_hits) as fixed,
            sum(satisfied_total) as survey_answers,
            sum(satisfied_hits) as satisfied
        from
            expert_days_in(
                $region, $state, $plan, $device, $expert, $since, $until, $as_of
            )
        where expert_id is not null
        group by all
    ),

    experts as (
        select
            expert_id,
            sum(columns(* exclude (expert_id, month, days))),
            sum(bit_count(days)) as days
        from months
        group by expert_id
    )

select
    expert_label(expert.location_key, expert.expert_id) as expert,
    cast(visits as bigint) as visits,
    cast(proposals as bigint) as proposals,
    accepted / nullif(proposals, 0) as accepted_share,
    cast(rejected as bigint) as rejected,
    cast(expired as bigint) as expired,
    on_time / nullif(visits, 0) as on_time_share,
    fixed / nullif(first_visits, 0) as fixed_at_first_visit_share,
    wilson_low(fixed, first_visits) as fixed_low_share,
    wilson_high(fixed, first_visits) as fixed_high_share,
    satisfied / nullif(survey_answers, 0) as satisfied_share,
    wilson_low(satisfied, survey_answers) as satisfied_low_share,
    wilson_high(satisfied, survey_answers) as satisfied_high_share,
    cast(survey_answers as bigint) as survey_answers,
    travel_km / nullif(travels, 0) as travel_per_visit_km,
    minutes_on_site / 60 as on_site_hours,
    visits / nullif(days, 0) as visits_per_day,
    expert.is_active,
    cast(expert.expert_id as varchar) as expert_id
from experts
inner join dim_expert as expert on expert.expert_id = experts.expert_id
where proposals > 0 or visits > 0 or survey_answers > 0
order by experts.visits desc, expert
limit $limit
