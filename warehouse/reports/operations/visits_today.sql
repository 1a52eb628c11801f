-- Windows as the expert's clock shows them.
select
    strftime(window_start at time zone time_zone, '%H:%M')
    || '–'
    || strftime(window_end at time zone time_zone, '%H:%M') as arrival_window,
    stage,
    ticket_number,
    ticket_type_name as ticket_type,
    state,
    expert,
    window_start,
    cast(ticket_id as varchar) as ticket_id
from visits_of_today($region, $state, $plan, $device, $as_of)
order by window_start, ticket_number
limit $limit
