-- One row: all experts in the period.
with
    visits as (
        from visits_in($region, $state, $plan, $device)
        where
            day between $since and $until
            and ($expert is null or list_contains($expert, cast(expert_id as varchar)))
    ),

    rates as (
        from rates_in($region, $state, $plan, $device, $as_of)
        where
            day between $since and $until
            and ($expert is null or list_contains($expert, cast(expert_id as varchar)))
            and expert_id is not null
    )

select visit.*, rate.*
from
    (
        select
            count(*) as visits,
            count(distinct expert_id) as experts,
            avg(travel_km) as travel_per_visit_km,
            avg(minutes_on_site) as on_site_per_visit_minutes,
            count(*)
            / nullif(count(distinct(expert_id, day)), 0) as visits_per_expert_day
        from visits
    ) as visit,
    (
        select
            share_of('accepted', measure, is_hit) as accepted_share,
            share_of('on_time', measure, is_hit) as on_time_share,
            share_of(
                'fixed_at_first_visit', measure, is_hit
            ) as fixed_at_first_visit_share,
            share_of('satisfied', measure, is_hit) as satisfied_share,
            count(*) filter (where measure = 'accepted') as proposals,
            count(*) filter (where measure = 'satisfied') as survey_answers
        from rates
    ) as rate
