with
    clocks as (
        select
            cast(date_trunc($grain, day) as date) as bucket,
            clock,
            -- Both at once: the hours are sorted out one time.
            quantile_cont(hours, [0.5, 0.9]) as parts,
            count(*) as tickets,
            is_whole($grain, day, $since, $until, $as_of) as is_complete
        from clocks_in($region, $state, $plan, $device, $since, $until)
        group by all
    )

select
    bucket,
    clock,
    parts[1] as median_hours,
    parts[2] as p90_hours,
    tickets,
    is_complete
from clocks
order by bucket, clock
