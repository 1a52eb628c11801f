with
    travels as (
        select
            total_of(travels_under_10_km) as under_10,
            total_of(travels_under_25_km) as under_25,
            total_of(travels_under_50_km) as under_50,
            total_of(travels_under_100_km) as under_100,
            total_of(visits) as visits
        from
            expert_days_in(
                $region, $state, $plan, $device, $expert, $since, $until, $as_of
            )
    ),

    bands as (
        select 1 as distance_order, 'Under 10 km' as distance, under_10 as visits
        from travels
        union all
        select 2, '10 to 25 km', under_25 - under_10
        from travels
        union all
        select 3, '25 to 50 km', under_50 - under_25
        from travels
        union all
        select 4, '50 to 100 km', under_100 - under_50
        from travels
        union all
        select 5, '100 km and more', visits - under_100
        from travels
    )

select distance_order, distance, visits
from bands
where visits > 0
order by distance_order
