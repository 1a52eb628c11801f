-- Where work waits and who could go, by the first three digits of the ZIP code.
with
    waiting as (
        select
            location_key,
            count(*) as open_tickets,
            count(*) filter (
                where status in ('submitted', 'open', 'escalated')
            ) as unassigned
        from tickets_in($region, $state, $plan, $device)
        where is_open
        group by location_key
    ),

    busy as (select distinct expert_id from windows_of_today($as_of)),

    free as (
        select location_key, count(*) as free_experts
        from dim_expert
        where is_active and expert_id not in (from busy)
        group by location_key
    )

select
    location.zip3,
    location.state_name,
    location.latitude,
    location.longitude,
    coalesce(waiting.open_tickets, 0) as open_tickets,
    coalesce(waiting.unassigned, 0) as unassigned,
    coalesce(free.free_experts, 0) as free_experts
from dim_location as location
left join waiting using (location_key)
left join free using (location_key)
where
    is_chosen(location.region, $region)
    and is_chosen(location.state, $state)
order by location.zip3, location.state
