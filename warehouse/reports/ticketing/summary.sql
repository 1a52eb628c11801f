-- One row: the period's tickets, clocks and rates.
with
    tickets as (from tickets_in($region, $state, $plan, $device)),
    clocks as (
        from clocks_in($region, $state, $plan, $device)
        where day between $since and $until
    ),
    rates as (
        from rates_in($region, $state, $plan, $device, $as_of)
        where day between $since and $until
    )

select
    (
        select count(*) from tickets where submitted_on between $since and $until
    ) as submitted,
    (
        select count(*)
        from tickets
        where utc_day(resolved_at) between $since and $until
    ) as resolved,
    clock.*,
    rate.*
from
    (
        select
            median(hours) filter (where clock = 'assign') as assign_median_hours,
            quantile_cont(hours, 0.9) filter (
                where clock = 'assign'
            ) as assign_p90_hours,
            median(hours) filter (where clock = 'respond') as respond_median_hours,
            median(hours) filter (where clock = 'resolve') as resolve_median_hours,
            quantile_cont(hours, 0.9) filter (
                where clock = 'resolve'
            ) as resolve_p90_hours
        from clocks
    ) as clock,
    (
        select
            share_of('sla_attainment', measure, is_hit) as sla_attainment_share,
            share_of('first_time_fix', measure, is_hit) as first_time_fix_share,
            share_of('reopened', measure, is_hit) as reopened_share,
            share_of('rejected', measure, is_hit) as rejected_share,
            share_of('unfinished', measure, is_hit) as unfinished_share,
            share_of('wrong_expert', measure, is_hit) as wrong_expert_share,
            share_of('customer_absent', measure, is_hit) as customer_absent_share,
            share_of('expert_absent', measure, is_hit) as expert_absent_share,
            share_of('satisfied', measure, is_hit) as satisfied_share,
            count(*) filter (where measure = 'sla_attainment') as sla_tickets,
            count(*) filter (where measure = 'first_time_fix') as fixed_tickets,
            count(*) filter (where measure = 'satisfied') as survey_answers
        from rates
    ) as rate
