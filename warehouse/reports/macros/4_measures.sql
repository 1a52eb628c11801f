-- Each measure is defined here and nowhere else; reports only group and count.
-- A clock counts on the day on which it stopped, in whole minutes: so many tickets have
-- the same that they are counted, and a median of ten million fits into memory.
create or replace temp macro clocks_in(
    regions, states, plans, devices, since, until
) as table
    with tickets as not materialized (from tickets_in(regions, states, plans, devices))

    select
        'assign' as clock,
        utc_day(first_assigned_at) as day,
        cast(round(minutes_to_assign) as integer) as minutes,
        *
    from tickets
    where is_between(first_assigned_at, since, until)
    union all by name
    select
        'respond' as clock,
        utc_day(first_accepted_at) as day,
        cast(round(minutes_to_accept) as integer) as minutes,
        *
    from tickets
    where is_between(first_accepted_at, since, until)
    union all by name
    select
        'resolve' as clock,
        utc_day(resolved_at) as day,
        cast(round(minutes_to_resolve) as integer) as minutes,
        *
    from tickets
    where is_between(resolved_at, since, until);

-- The hours at a share of the tickets, between two of them in proportion (method 7 of
-- Hyndman and Fan 1996); `running` counts the tickets up to this many minutes.
create or replace temp macro hours_at(share, minutes, running, tickets) as
    (
        min(minutes) filter (where running > floor((tickets - 1) * share))
        + (
            min(minutes) filter (where running > ceil((tickets - 1) * share))
            - min(minutes) filter (where running > floor((tickets - 1) * share))
        )
        * ((max(tickets) - 1) * share % 1)
    )
    / 60;

-- Each clock for each part: an expression of a ticket's columns and `day`.
create or replace temp macro clocks_by(
    part_of_each, regions, states, plans, devices, since, until
) as table
    with
        counts as (
            select part_of_each as part, clock, minutes, count(*) as same
            from clocks_in(regions, states, plans, devices, since, until)
            group by all
        ),

        ranked as (
            select
                *,
                sum(same) over (
                    partition by part, clock order by minutes
                ) as running,
                sum(same) over (partition by part, clock) as tickets
            from counts
        )

    select
        part,
        clock,
        cast(max(tickets) as bigint) as tickets,
        hours_at(0.5, minutes, running, tickets) as median_hours,
        hours_at(0.9, minutes, running, tickets) as p90_hours
    from ranked
    group by all;

-- What an expert has said to a proposal.
create or replace temp macro answer_of(status, was_accepted) as
    case
        when was_accepted then 'accepted'
        when status = 'proposed' then 'waiting'
        else status
    end;

-- What became of each proposal that an expert could answer.
create or replace temp macro proposals_of(
    regions, states, plans, devices, since, until
) as table
    select
        assignment.expert_id,
        assignment.status,
        assignment.outcome,
        assignment.was_accepted,
        assignment.minutes_to_answer,
        assignment.window_start,
        assignment.window_end,
        assignment.proposed_at,
        assignment.answer_by,
        utc_day(assignment.proposed_at) as day,
        answer_of(assignment.status, assignment.was_accepted) as answer,
        assignment.assignment_id,
        ticket.*
        exclude (status, window_start, window_end)
        rename (current_expert_id as holder_id)
    from fct_assignment as assignment
    inner join
        tickets_during(
            regions, states, plans, devices, since, until
        ) as ticket
        on ticket.ticket_id = assignment.ticket_id;

create or replace temp macro proposals_in(
    regions, states, plans, devices, since, until
) as table
    from proposals_of(regions, states, plans, devices, since, until)
    where is_between(proposed_at, since, until);

create or replace temp macro visits_in(
    regions, states, plans, devices, since, until
) as table
    select
        visit.visit_id,
        visit.expert_id,
        visit.visit_number,
        visit.outcome,
        visit.is_on_time,
        visit.minutes_late,
        visit.minutes_on_site,
        visit.travel_km,
        visit.started_at,
        visit.ended_at,
        utc_day(visit.started_at) as day,
        ticket.* exclude (window_start, window_end)
    from fct_visit as visit
    inner join
        tickets_during(
            regions, states, plans, devices, since, until
        ) as ticket
        on ticket.ticket_id = visit.ticket_id
    where is_between(visit.started_at, since, until);

-- Answered surveys with what their tickets were about.
create or replace temp macro answers_in(
    regions, states, plans, devices, since, until
) as table
    select
        answer.survey_id,
        answer.expert_id,
        answer.score,
        answer.would_recommend,
        answer.is_satisfied,
        answer.recommendation,
        answer.has_comment,
        answer.template,
        answer.template_version,
        answer.answered_at,
        utc_day(answer.answered_at) as day,
        ticket.*
    from fct_survey_response as answer
    inner join
        tickets_during(
            regions, states, plans, devices, since, until
        ) as ticket
        on ticket.ticket_id = answer.ticket_id
    where is_between(answer.answered_at, since, until);

-- Surveys whose time to answer is over, on the day on which it ended: before, a survey
-- can still be answered, and the share of the answered would look lower than it is.
create or replace temp macro surveys_in(
    regions, states, plans, devices, since, until, now
) as table
    select
        survey.survey_id,
        survey.expert_id,
        survey.is_answered,
        utc_day(survey.expires_at) as day,
        ticket.*
    from fct_survey as survey
    inner join
        tickets_during(
            regions, states, plans, devices, since, until
        ) as ticket
        on ticket.ticket_id = survey.ticket_id
    where
        survey.expires_at <= now and is_between(survey.expires_at, since, until);
