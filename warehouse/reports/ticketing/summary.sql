-- One row: the period's tickets, clocks and rates.
select day.*, clock.*, rate.*
from
    (
        select total_of(submitted) as submitted, total_of(resolved) as resolved
        from ticket_days_in($region, $state, $plan, $device, $since, $until, $as_of)
    ) as day,
    (
        select
            max(median_hours) filter (where clock = 'assign') as assign_median_hours,
            max(p90_hours) filter (where clock = 'assign') as assign_p90_hours,
            max(median_hours) filter (where clock = 'respond') as respond_median_hours,
            max(median_hours) filter (where clock = 'resolve') as resolve_median_hours,
            max(p90_hours) filter (where clock = 'resolve') as resolve_p90_hours
        from clocks_by('all', $region, $state, $plan, $device, $since, $until)
    ) as clock,
    (
        select
            share_of(sla_attainment_hits, sla_attainment_total) as sla_attainment_share,
            share_of(first_time_fix_hits, first_time_fix_total) as first_time_fix_share,
            share_of(reopened_hits, reopened_total) as reopened_share,
            share_of(rejected_hits, rejected_total) as rejected_share,
            share_of(unfinished_hits, unfinished_total) as unfinished_share,
            share_of(wrong_expert_hits, wrong_expert_total) as wrong_expert_share,
            share_of(
                customer_absent_hits, customer_absent_total
            ) as customer_absent_share,
            share_of(expert_absent_hits, expert_absent_total) as expert_absent_share,
            share_of(satisfied_hits, satisfied_total) as satisfied_share,
            total_of(sla_attainment_total) as sla_tickets,
            total_of(first_time_fix_total) as fixed_tickets,
            total_of(satisfied_total) as survey_answers
        from ticket_days_in($region, $state, $plan, $device, $since, $until, $as_of)
    ) as rate
