select
    cast(date_trunc($grain, day) as date) as bucket,
    answer,
    count(*) as proposals,
    is_whole($grain, day, $since, $until, $as_of) as is_complete
from proposals_in($region, $state, $plan, $device)
where
    day between $since and $until
    and answer <> 'waiting'
    and ($expert is null or list_contains($expert, cast(expert_id as varchar)))
group by all
order by bucket, answer
