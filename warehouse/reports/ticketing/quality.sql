select
    cast(date_trunc($grain, day) as date) as bucket,
    measure,
    avg(cast(is_hit as integer)) as share,
    count(*) as total,
    is_whole($grain, day, $since, $until, $as_of) as is_complete
from rates_in($region, $state, $plan, $device, $as_of)
where
    day between $since and $until
    and measure
    in (
        'sla_attainment',
        'first_time_fix',
        'reopened',
        'rejected',
        'unfinished',
        'wrong_expert',
        'customer_absent',
        'expert_absent'
    )
group by all
order by bucket, measure
