-- Every rate as a yes or no, on the day that settled it; a wrong expert, whom only a
-- later visit shows, on the day of the visit.
create or replace temp macro rates_in(
    regions, states, plans, devices, since, until, now
) as table
    with
        tickets as not materialized (from tickets_in(regions, states, plans, devices)),
        visits as materialized (from visits_in(regions, states, plans, devices, since, until)),
        proposals as materialized (
            from proposals_in(regions, states, plans, devices, since, until)
            where answer in ('accepted', 'rejected', 'expired')
        ),
        promises as materialized (
            select * replace (utc_day(window_start) as day)
            from proposals_of(regions, states, plans, devices, since, until)
            where
                is_between(window_start, since, until)
                and was_accepted
                and outcome
                in ('resolved', 'follow_up', 'customer_absent', 'expert_absent')
        ),
        answers as materialized (from answers_in(regions, states, plans, devices, since, until))

    select
        'sla_attainment' as measure,
        utc_day(sla_due_at) as day,
        coalesce(is_sla_met, false) as is_hit,
        null as expert_id,
        *
    from tickets
    where is_between(sla_due_at, since, until) and sla_due_at <= now and status <> 'cancelled'
    union all by name
    select
        'first_time_fix' as measure,
        utc_day(resolved_at) as day,
        is_first_time_fix as is_hit,
        *
    from tickets
    where is_first_time_fix is not null and is_between(resolved_at, since, until)
    union all by name
    select
        'reopened' as measure,
        utc_day(first_resolved_at) as day,
        reopens > 0 as is_hit,
        *
    from tickets
    where is_between(first_resolved_at, since, until)
    union all by name
    select 'accepted' as measure, answer = 'accepted' as is_hit, *
    from proposals
    union all by name
    select 'rejected' as measure, answer = 'rejected' as is_hit, *
    from proposals
    union all by name
    select 'unfinished' as measure, outcome <> 'resolved' as is_hit, *
    from visits
    where ended_at is not null
    union all by name
    select
        'wrong_expert' as measure,
        coalesce(
            visits.outcome <> 'resolved' and later.expert_id <> visits.expert_id, false
        ) as is_hit,
        visits.*
    from visits
    left join
        fct_visit as later
        on later.ticket_id = visits.ticket_id
        and later.visit_number = visits.visit_number + 1
    where visits.ended_at is not null and visits.outcome <> 'customer_absent'
    union all by name
    select 'customer_absent' as measure, outcome = 'customer_absent' as is_hit, *
    from promises
    union all by name
    select 'expert_absent' as measure, outcome = 'expert_absent' as is_hit, *
    from promises
    union all by name
    select 'on_time' as measure, is_on_time as is_hit, *
    from visits
    union all by name
    select
        'fixed_at_first_visit' as measure,
        coalesce(is_first_time_fix, false) as is_hit,
        *
    from visits
    where visit_number = 1 and ended_at is not null
    union all by name
    select 'satisfied' as measure, is_satisfied as is_hit, *
    from answers;
