-- Where an open ticket stands against its promise, seen at a moment.
create or replace temp macro sla_risk(sla_due_at, window_end, now) as
    case
        when sla_due_at <= now then 'overdue'
        when window_end > sla_due_at then 'late window'
        when window_end is null and sla_due_at <= now + interval '24 hours' then 'nobody yet'
    end;

-- Proposals that wait for their expert's answer; only an open ticket has one, which is
-- kept by the data test nothing_happens_long_after_its_ticket.
create or replace temp macro proposals_waiting(
    regions, states, plans, devices
) as table
    select
        assignment.expert_id,
        assignment.proposed_at,
        assignment.answer_by,
        assignment.window_start,
        ticket.* exclude (window_start, window_end)
    from fct_assignment as assignment
    inner join
        tickets_in(regions, states, plans, devices) as ticket
        on ticket.ticket_id = assignment.ticket_id
    where
        ticket.is_open
        and assignment.status = 'proposed'
        and answer_of(assignment.status, assignment.was_accepted) = 'waiting';

-- When the day that it is now begins and ends, in each time zone of an expert.
create or replace temp macro days_of_experts(now) as table
    select
        time_zone,
        timezone(
            time_zone, cast(cast(timezone(time_zone, now) as date) as timestamp)
        ) as since,
        timezone(
            time_zone, cast(cast(timezone(time_zone, now) as date) + 1 as timestamp)
        ) as until
    from (select distinct time_zone from dim_expert);

-- Arrival windows of the day that it is now at the expert's home.
create or replace temp macro windows_of_today(now) as table
    select
        assignment.assignment_id,
        assignment.ticket_id,
        assignment.expert_id,
        assignment.status,
        assignment.outcome,
        assignment.window_start as begins_at,
        assignment.window_end as ends_at,
        expert.time_zone,
        expert_label(expert.location_key, expert.expert_id) as expert
    from fct_assignment as assignment
    inner join dim_expert as expert on expert.expert_id = assignment.expert_id
    inner join days_of_experts(now) as today on today.time_zone = expert.time_zone
    where
        assignment.status in ('proposed', 'accepted', 'completed')
        and assignment.window_start between now - interval '48 hours'
        and now + interval '48 hours'
        and assignment.window_start >= today.since
        and assignment.window_start < today.until;

-- The visits in them, whatever has become of them. No visit begins days before its
-- window, so that their tickets are open or have changed in the last 5 days (the same
-- data test keeps that): each part skips the files of all others.
create or replace temp macro visits_of_today(regions, states, plans, devices, now) as table
    with
        windows as materialized (from windows_of_today(now)),
        wanted as materialized (select distinct ticket_id from windows),
        tickets as (
            from tickets_in(regions, states, plans, devices)
            where is_open and ticket_id in (from wanted)
            union all
            from tickets_in(regions, states, plans, devices)
            where
                not is_open
                and updated_at >= now - interval '5 days'
                and ticket_id in (from wanted)
        ),
        begun as (select visit_id from fct_visit where outcome = 'in_progress')

    select
        ticket.* exclude (window_start, window_end),
        planned.begins_at as window_start,
        planned.ends_at as window_end,
        planned.expert_id,
        planned.time_zone,
        planned.expert,
        case
            when planned.status = 'proposed' then 'waiting for the expert'
            when planned.outcome = 'customer_absent' then 'nobody home'
            when planned.outcome = 'resolved' then 'resolved'
            when planned.outcome in ('follow_up', 'unfinished')
            then 'another visit needed'
            when begun.visit_id is not null then 'on site'
            when planned.ends_at < now then 'late'
            else 'planned'
        end as stage
    from windows as planned
    inner join tickets as ticket on ticket.ticket_id = planned.ticket_id
    left join begun on begun.visit_id = planned.assignment_id;
