select
    cast(date_trunc($grain, day) as date) as bucket,
    'response' as measure,
    avg(cast(is_answered as integer)) as share,
    count(*) filter (where is_answered) as answered,
    count(*) as total,
    is_whole($grain, day, $since, $until, $as_of) as is_complete
from surveys_in($region, $state, $plan, $device, $expert, $as_of)
where day between $since and $until
group by all
order by bucket
