-- The last 13 weeks, the present one included; a week without a case has no figure.
with
    rates as (
        select
            monday(day) as bucket,
            share_of(sla_attainment_hits, sla_attainment_total) as sla_attainment_share,
            share_of(wrong_expert_hits, wrong_expert_total) as wrong_expert_share,
            share_of(satisfied_hits, satisfied_total) as satisfied_share,
            total_of(sla_attainment_total) as sla_tickets,
            total_of(wrong_expert_total) as ended_visits,
            total_of(satisfied_total) as survey_answers
        from
            ticket_days_in(
                $region,
                $state,
                $plan,
                null,
                monday(utc_day($as_of)) - 84,
                utc_day($as_of) + 6,
                $as_of
            )
        group by all
    ),

    clocks as (
        select
            part as bucket,
            median_hours as resolve_median_hours,
            tickets as resolved_tickets
        from
            clocks_by(
                monday(day),
                $region,
                $state,
                $plan,
                null,
                monday(utc_day($as_of)) - 84,
                utc_day($as_of) + 6
            )
        where clock = 'resolve'
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
from (select monday(utc_day($as_of)) - 7 * cast(unnest(range(13)) as integer) as bucket)
left join rates using (bucket)
left join clocks using (bucket)
order by bucket
