-- The same measures, side by side for each part.
with
    submitted as (
        select
            part_of(
                $by,
                channel,
                device_name,
                ticket_type_name,
                region,
                state_name,
                plan_name
            ) as part,
            count(*) as submitted
        from tickets_in($region, $state, $plan, $device)
        where submitted_on between $since and $until
        group by all
    ),

    clocks as (
        select
            part_of(
                $by,
                channel,
                device_name,
                ticket_type_name,
                region,
                state_name,
                plan_name
            ) as part,
            median(hours) filter (where clock = 'assign') as assign_median_hours,
            median(hours) filter (where clock = 'resolve') as resolve_median_hours,
            quantile_cont(hours, 0.9) filter (
                where clock = 'resolve'
            ) as resolve_p90_hours
        from clocks_in($region, $state, $plan, $device)
        where day between $since and $until
        group by all
    ),

    rates as (
        select
            part_of(
                $by,
                channel,
                device_name,
                ticket_type_name,
                region,
                state_name,
                plan_name
            ) as part,
            share_of('sla_attainment', measure, is_hit) as sla_attainment_share,
            share_of('first_time_fix', measure, is_hit) as first_time_fix_share,
            share_of('reopened', measure, is_hit) as reopened_share,
            share_of('rejected', measure, is_hit) as rejected_share,
            share_of('unfinished', measure, is_hit) as unfinished_share,
            share_of('satisfied', measure, is_hit) as satisfied_share
        from rates_in($region, $state, $plan, $device, $as_of)
        where day between $since and $until
        group by all
    )

select
    part,
    coalesce(submitted.submitted, 0) as submitted,
    clocks.* exclude (part),
    rates.* exclude (part)
from submitted
full join clocks using (part)
full join rates using (part)
order by submitted desc, part
