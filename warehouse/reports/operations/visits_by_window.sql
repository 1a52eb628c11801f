select
    strftime(window_start at time zone time_zone, '%H:%M')
    || '–'
    || strftime(window_end at time zone time_zone, '%H:%M') as arrival_window,
    stage,
    count(*) as visits
from visits_of_today($region, $state, $plan, $device, $as_of)
group by all
order by arrival_window, stage
