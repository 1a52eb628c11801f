-- One row: all experts in the period.
with
    months as (
        select
            expert_id,
            date_trunc('month', day) as month,
            bit_count(days_with(visits, day)) as days,
            sum(visits) as visits,
            sum(travel_km) as travel_km,
            sum(travels) as travels,
            sum(minutes_on_site) as minutes_on_site,
            sum(visits_on_site) as visits_on_site,
            sum(accepted_hits) as accepted_hits,
            sum(accepted_total) as accepted_total,
            sum(on_time_hits) as on_time_hits,
            sum(fixed_at_first_visit_hits) as fixed_hits,
            sum(fixed_at_first_visit_total) as fixed_total,
            sum(satisfied_hits) as satisfied_hits,
            sum(satisfied_total) as satisfied_total
        from
            expert_days_in(
                $region, $state, $plan, $device, $expert, $since, $until, $as_of
            )
        where expert_id is not null
        group by all
    )

select
    total_of(visits) as visits,
    count(distinct expert_id) filter (where days > 0) as experts,
    share_of(travel_km, travels) as travel_per_visit_km,
    share_of(minutes_on_site, visits_on_site) as on_site_per_visit_minutes,
    share_of(visits, days) as visits_per_expert_day,
    share_of(accepted_hits, accepted_total) as accepted_share,
    share_of(on_time_hits, visits) as on_time_share,
    share_of(fixed_hits, fixed_total) as fixed_at_first_visit_share,
    share_of(satisfied_hits, satisfied_total) as satisfied_share,
    total_of(accepted_total) as proposals,
    total_of(satisfied_total) as survey_answers
from months
