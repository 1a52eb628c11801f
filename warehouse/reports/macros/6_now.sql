-- Where an open ticket stands against its promise, seen at a moment.
create or replace temp macro sla_risk(sla_due_at, window_end, now) as
    case
        when sla_due_at <= now then 'overdue'
        when window_end > sla_due_at then 'late window'
        when window_end is null and sla_due_at <= now + interval '24 hours' then 'nobody yet'
    end;

-- Proposals of tickets that are open or changed in the last days, which is where
-- those are
-- that wait or whose visit is about now: each side skips the files of finished tickets.
create or replace temp macro live_proposals_in(
    regions, states, plans, devices, now
) as table
    from proposals_of(regions, states, plans, devices, date '2000-01-01', utc_day(now))
    where is_open
    union all
    from proposals_of(regions, states, plans, devices, utc_day(now), utc_day(now))
    where not is_open and updated_at >= now - interval '5 days';

-- Visits of the day that it is now at the expert's home, whatever has become of them.
create or replace temp macro visits_of_today(regions, states, plans, devices, now) as table
    select
        proposal.*,
        expert.time_zone,
        expert_label(expert.location_key, expert.expert_id) as expert,
        case
            when proposal.status = 'proposed' then 'waiting for the expert'
            when proposal.outcome = 'customer_absent' then 'nobody home'
            when visit.outcome = 'in_progress' then 'on site'
            when visit.outcome = 'resolved' then 'resolved'
            when visit.outcome in ('follow_up', 'unfinished') then 'another visit needed'
            when proposal.window_end < now then 'late'
            else 'planned'
        end as stage
    from (
        from live_proposals_in(regions, states, plans, devices, now)
        where
            status in ('proposed', 'accepted', 'completed')
            and window_start between now - interval '48 hours' and now + interval '48 hours'
    ) as proposal
    inner join dim_expert as expert on expert.expert_id = proposal.expert_id
    left join fct_visit as visit on visit.visit_id = proposal.assignment_id
    where
        cast(proposal.window_start at time zone expert.time_zone as date)
        = cast(now at time zone expert.time_zone as date);
