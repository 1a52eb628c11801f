-- The last 13 weeks, the present one included; a week without a case has no figure.
with
    rates as (
        select
            monday(day) as bucket,
            share_of('sla_attainment', measure, is_hit) as sla_attainment_share,
            share_of('wrong_expert', measure, is_hit) as wrong_expert_share,
            share_of('satisfied', measure, is_hit) as satisfied_share,
            count(*) filter (where measure = 'sla_attainment') as sla_tickets,
            count(*) filter (where measure = 'wrong_expert') as ended_visits,
            count(*) filter (where measure = 'satisfied') as survey_answers
        from rates_in($region, $state, $plan, null, $as_of)
        where
            day >= monday(utc_day($as_of)) - 84
            and measure in ('sla_attainment', 'wrong_expert', 'satisfied')
        group by all
    ),

    clocks as (
        select
            monday(day) as bucket,
            median(hours) as resolve_median_hours,
            count(*) as resolved_tickets
        from clocks_in($region, $state, $plan, null)
        where day >= monday(utc_day($as_of)) - 84 and clock = 'resolve'
        group by all
    )

select
    bucket,
    sla_attainment_share,
    coalesce(sla_tickets, 0) as sla_tickets,
    resolve_median_hours,
    coalesce(resolved_tickets, 0) as resolved_tickets,
    wrong_expert_share,
    coalesce(ended_visits, 0) as ended_visits,
    satisfied_share,
    coalesce(survey_answers, 0) as survey_answers,
    bucket + 7 <= utc_day($as_of) as is_complete
from
    (
        select monday(utc_day($as_of)) - 7 * cast(unnest(range(13)) as integer) as bucket
    )
left join rates using (bucket)
left join clocks using (bucket)
order by bucket
