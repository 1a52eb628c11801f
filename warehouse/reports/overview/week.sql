-- Two rows: this week up to today, and the same days of last week.
with
    rates as (
        select
            week_to_date(day, $as_of) as week,
            share_of('sla_attainment', measure, is_hit) as sla_attainment_share,
            low_of('sla_attainment', measure, is_hit) as sla_attainment_low_share,
            high_of('sla_attainment', measure, is_hit) as sla_attainment_high_share,
            count(*) filter (where measure = 'sla_attainment') as sla_tickets,
            share_of('wrong_expert', measure, is_hit) as wrong_expert_share,
            low_of('wrong_expert', measure, is_hit) as wrong_expert_low_share,
            high_of('wrong_expert', measure, is_hit) as wrong_expert_high_share,
            count(*) filter (where measure = 'wrong_expert') as ended_visits,
            share_of('satisfied', measure, is_hit) as satisfied_share,
            low_of('satisfied', measure, is_hit) as satisfied_low_share,
            high_of('satisfied', measure, is_hit) as satisfied_high_share,
            count(*) filter (where measure = 'satisfied') as survey_answers
        from rates_in($region, $state, $plan, null, $as_of)
        where
            week_to_date(day, $as_of) is not null
            and measure in ('sla_attainment', 'wrong_expert', 'satisfied')
        group by all
    ),

    clocks as (
        select
            week_to_date(day, $as_of) as week,
            median(hours) as resolve_median_hours,
            count(*) as resolved_tickets
        from clocks_in($region, $state, $plan, null)
        where week_to_date(day, $as_of) is not null and clock = 'resolve'
        group by all
    )

select
    week,
    since,
    until,
    sla_attainment_share,
    sla_attainment_low_share,
    sla_attainment_high_share,
    coalesce(sla_tickets, 0) as sla_tickets,
    resolve_median_hours,
    coalesce(resolved_tickets, 0) as resolved_tickets,
    wrong_expert_share,
    wrong_expert_low_share,
    wrong_expert_high_share,
    coalesce(ended_visits, 0) as ended_visits,
    satisfied_share,
    satisfied_low_share,
    satisfied_high_share,
    coalesce(survey_answers, 0) as survey_answers
from weeks_to_date($as_of)
left join rates using (week)
left join clocks using (week)
order by since desc
