with
    visits as (
        select window_start, window_end, time_zone, stage, count(*) as visits
        from visits_of_today($region, $state, $plan, $device, $as_of)
        group by all
    )

select
    strftime(window_start at time zone time_zone, '%H:%M')
    || '–'
    || strftime(window_end at time zone time_zone, '%H:%M') as arrival_window,
    stage,
    cast(sum(visits) as bigint) as visits
from visits
group by all
order by arrival_window, stage
