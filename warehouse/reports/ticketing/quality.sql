with
    buckets as (
        select
            cast(date_trunc($grain, day) as date) as bucket,
            is_whole($grain, day, $since, $until, $as_of) as is_complete,
            [
                struct_pack(
                    measure := 'sla_attainment',
                    hits := sum(sla_attainment_hits),
                    total := sum(sla_attainment_total)
                ),
                struct_pack(
                    measure := 'first_time_fix',
                    hits := sum(first_time_fix_hits),
                    total := sum(first_time_fix_total)
                ),
                struct_pack(
                    measure := 'reopened',
                    hits := sum(reopened_hits),
                    total := sum(reopened_total)
                ),
                struct_pack(
                    measure := 'rejected',
                    hits := sum(rejected_hits),
                    total := sum(rejected_total)
                ),
                struct_pack(
                    measure := 'unfinished',
                    hits := sum(unfinished_hits),
                    total := sum(unfinished_total)
                ),
                struct_pack(
                    measure := 'wrong_expert',
                    hits := sum(wrong_expert_hits),
                    total := sum(wrong_expert_total)
                ),
                struct_pack(
                    measure := 'customer_absent',
                    hits := sum(customer_absent_hits),
                    total := sum(customer_absent_total)
                ),
                struct_pack(
                    measure := 'expert_absent',
                    hits := sum(expert_absent_hits),
                    total := sum(expert_absent_total)
                )
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
