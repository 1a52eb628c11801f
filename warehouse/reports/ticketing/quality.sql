with
    buckets as (
        select
            cast(date_trunc($grain, day) as date) as bucket,
            is_whole($grain, day, $since, $until, $as_of) as is_complete,
            [
                cases_of('sla_attainment', sla_attainment_hits, sla_attainment_total),
                cases_of('first_time_fix', first_time_fix_hits, first_time_fix_total),
                cases_of('reopened', reopened_hits, reopened_total),
                cases_of('rejected', rejected_hits, rejected_total),
                cases_of('unfinished', unfinished_hits, unfinished_total),
                cases_of('wrong_expert', wrong_expert_hits, wrong_expert_total),
                cases_of('customer_absent', customer_absent_hits, customer_absent_total),
                cases_of('expert_absent', expert_absent_hits, expert_absent_total)
            ] as measures
        from ticket_days_in($region, $state, $plan, $device, $since, $until, $as_of)
        group by all
    ),

    rates as (
        select bucket, is_complete, unnest(measures, recursive := true) from buckets
    )

select
    bucket, measure, hits / total as share, cast(total as bigint) as total, is_complete
from rates
where total > 0
order by bucket, measure
