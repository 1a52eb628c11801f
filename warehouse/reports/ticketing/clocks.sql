select
    cast(date_trunc($grain, day) as date) as bucket,
    clock,
    median(hours) as median_hours,
    quantile_cont(hours, 0.9) as p90_hours,
    count(*) as tickets,
    is_whole($grain, day, $since, $until, $as_of) as is_complete
from clocks_in($region, $state, $plan, $device, $since, $until)
group by all
order by bucket, clock
