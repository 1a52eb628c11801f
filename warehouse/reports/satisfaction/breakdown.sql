select
    part_of(
        $by, channel, device_name, ticket_type_name, region, state_name, plan_name
    ) as part,
    count(*) as answers,
    avg(cast(is_satisfied as integer)) as satisfied_share,
    low_among(is_satisfied) as satisfied_low_share,
    high_among(is_satisfied) as satisfied_high_share,
    nps_among(recommendation) as nps,
    nps_low_among(recommendation) as nps_low,
    nps_high_among(recommendation) as nps_high,
    count(recommendation) as recommendations
from answers_in($region, $state, $plan, $device, $expert)
where day between $since and $until
group by all
order by answers desc, part
limit $limit
