select
    status,
    age_order(hours_between(submitted_at, $as_of)) as age_order,
    age_band(hours_between(submitted_at, $as_of)) as age,
    count(*) as tickets
from tickets_in($region, $state, $plan, $device)
where is_open
group by all
order by status, age_order
