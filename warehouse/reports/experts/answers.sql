with
    buckets as (
        select
            cast(date_trunc($grain, day) as date) as bucket,
            is_whole($grain, day, $since, $until, $as_of) as is_complete,
            [
                struct_pack(answer := 'accepted', proposals := sum(accepted_hits)),
                struct_pack(answer := 'rejected', proposals := sum(rejected)),
                struct_pack(answer := 'expired', proposals := sum(expired)),
                struct_pack(answer := 'withdrawn', proposals := sum(withdrawn))
            ] as answers
        from
            expert_days_in(
                $region, $state, $plan, $device, $expert, $since, $until, $as_of
            )
        group by all
    ),

    answers as (
        select bucket, is_complete, unnest(answers, recursive := true) from buckets
    )

select bucket, answer, cast(proposals as bigint) as proposals, is_complete
from answers
where proposals > 0
order by bucket, answer
