-- Two rows: this week up to today, and the same days of last week.
with
    rates as (
        select
            week_to_date(day, $as_of) as week,
            share_of(sla_attainment_hits, sla_attainment_total) as sla_attainment_share,
            low_of(
                sla_attainment_hits, sla_attainment_total
            ) as sla_attainment_low_share,
            high_of(
                sla_attainment_hits, sla_attainment_total
            ) as sla_attainment_high_share,
            total_of(sla_attainment_total) as sla_tickets,
            share_of(wrong_expert_hits, wrong_expert_total) as wrong_expert_share,
            low_of(wrong_expert_hits, wrong_expert_total) as wrong_expert_low_share,
            high_of(wrong_expert_hits, wrong_expert_total) as wrong_expert_high_share,
            total_of(wrong_expert_total) as ended_visits,
            share_of(satisfied_hits, satisfied_total) as satisfied_share,
            low_of(satisfied_hits, satisfied_total) as satisfied_low_share,
            high_of(satisfied_hits, satisfied_total) as satisfied_high_share,
            total_of(satisfied_total) as survey_answers
        from
            ticket_days_in(
                $region,
                $state,
                $plan,
                null,
                monday(utc_day($as_of)) - 7,
                utc_day($as_of),
                $as_of
            )
        where week_to_date(day, $as_of) is not null
        group by all
    ),

    clocks as (
        select
            part as week,
            median_hours as resolve_median_hours,
            tickets as resolved_tickets
        from
            clocks_by(
                week_to_date(day, $as_of),
                $region,
                $state,
                $plan,
                null,
                monday(utc_day($as_of)) - 7,
                utc_day($as_of)
            )
        where clock = 'resolve'
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
