select
    cast(date_trunc($grain, day) as date) as bucket,
    part_of(
        $by, channel, device_name, ticket_type_name, region, state_name, plan_name
    ) as part,
    total_of(submitted) as tickets,
    is_whole($grain, day, $since, $until, $as_of) as is_complete
from ticket_days_in($region, $state, $plan, $device, $since, $until, $as_of)
where submitted > 0
group by all
order by bucket, part
