select
    case
        when travel_km < 10
        then 1
        when travel_km < 25
        then 2
        when travel_km < 50
        then 3
        when travel_km < 100
        then 4
        else 5
    end as distance_order,
    case
        distance_order
        when 1
        then 'Under 10 km'
        when 2
        then '10 to 25 km'
        when 3
        then '25 to 50 km'
        when 4
        then '50 to 100 km'
        else '100 km and more'
    end as distance,
    count(*) as visits
from visits_in($region, $state, $plan, $device)
where
    day between $since and $until
    and ($expert is null or list_contains($expert, cast(expert_id as varchar)))
group by all
order by distance_order
