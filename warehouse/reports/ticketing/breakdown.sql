-- The same measures, side by side for each part.
with
    days as (
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
            total_of(submitted) as submitted,
            share_of(sla_attainment_hits, sla_attainment_total) as sla_attainment_share,
            share_of(first_time_fix_hits, first_time_fix_total) as first_time_fix_share,
            share_of(reopened_hits, reopened_total) as reopened_share,
            share_of(rejected_hits, rejected_total) as rejected_share,
            share_of(unfinished_hits, unfinished_total) as unfinished_share,
            share_of(satisfied_hits, satisfied_total) as satisfied_share
        from ticket_days_in($region, $state, $plan, $device, $since, $until, $as_of)
        group by all
    ),

    clocks as (
        select
            part,
            max(median_hours) filter (where clock = 'assign') as assign_median_hours,
            max(median_hours) filter (where clock = 'resolve') as resolve_median_hours,
            max(p90_hours) filter (where clock = 'resolve') as resolve_p90_hours
        from
            clocks_by(
                part_of(
                    $by,
                    channel,
                    device_name,
                    ticket_type_name,
                    region,
                    state_name,
                    plan_name
                ),
                $region,
                $state,
                $plan,
                $device,
                $since,
                $until
            )
        group by all
    )

select
    part,
    coalesce(submitted, 0) as submitted,
    clocks.* exclude (part),
    days.* exclude (part, submitted)
from days
full join clocks using (part)
order by submitted desc, part
