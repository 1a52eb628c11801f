select
    part as bucket,
    clock,
    median_hours,
    p90_hours,
    tickets,
    is_whole($grain, part, $since, $until, $as_of) as is_complete
from
    clocks_by(
        cast(date_trunc($grain, day) as date),
        $region,
        $state,
        $plan,
        $device,
        $since,
        $until
    )
order by bucket, clock
