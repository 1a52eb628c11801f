select
    cast(date_trunc($grain, submitted_on) as date) as bucket,
    part_of(
        $by, channel, device_name, ticket_type_name, region, state_name, plan_name
    ) as part,
    count(*) as tickets,
    is_whole($grain, submitted_on, $since, $until, $as_of) as is_complete
from tickets_in($region, $state, $plan, $device)
where submitted_on between $since and $until
group by all
order by bucket, part
