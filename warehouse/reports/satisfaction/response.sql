select
    cast(date_trunc($grain, day) as date) as bucket,
    'response' as measure,
    share_of(surveys_answered, surveys) as share,
    total_of(surveys_answered) as answered,
    total_of(surveys) as total,
    is_whole($grain, day, $since, $until, $as_of) as is_complete
from expert_days_in($region, $state, $plan, $device, $expert, $since, $until, $as_of)
where surveys > 0
group by all
order by bucket
