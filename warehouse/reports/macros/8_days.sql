-- What adds up, by the day on which it counts and by all that tickets are narrowed and
-- divided by. Publishing keeps these tables in files; without, they are counted here.
create or replace temp macro ticket_days(since, until, now) as table
    with
        tickets as not materialized (from tickets_in(null, null, null, null)),
        cases as (
            select 'submitted' as measure, submitted_on as day, true as is_hit, *
            from tickets
            where submitted_on between since and until
            union all by name
            select 'resolved' as measure, utc_day(resolved_at) as day, true as is_hit, *
            from tickets
            where is_between(resolved_at, since, until)
            union all by name
            from rates_in(null, null, null, null, since, until, now)
        )

    select
        day,
        channel,
        device_type,
        device_name,
        ticket_type_name,
        plan_code,
        plan_name,
        region,
        state,
        state_name,
        counted(measure = 'submitted') as submitted,
        counted(measure = 'resolved') as resolved,
        counted(measure = 'sla_attainment') as sla_attainment_total,
        counted(measure = 'sla_attainment' and is_hit) as sla_attainment_hits,
        counted(measure = 'first_time_fix') as first_time_fix_total,
        counted(measure = 'first_time_fix' and is_hit) as first_time_fix_hits,
        counted(measure = 'reopened') as reopened_total,
        counted(measure = 'reopened' and is_hit) as reopened_hits,
        counted(measure = 'rejected') as rejected_total,
        counted(measure = 'rejected' and is_hit) as rejected_hits,
        counted(measure = 'unfinished') as unfinished_total,
        counted(measure = 'unfinished' and is_hit) as unfinished_hits,
        counted(measure = 'wrong_expert') as wrong_expert_total,
        counted(measure = 'wrong_expert' and is_hit) as wrong_expert_hits,
        counted(measure = 'customer_absent') as customer_absent_total,
        counted(measure = 'customer_absent' and is_hit) as customer_absent_hits,
        counted(measure = 'expert_absent') as expert_absent_total,
        counted(measure = 'expert_absent' and is_hit) as expert_absent_hits,
        counted(measure = 'satisfied') as satisfied_total,
        counted(measure = 'satisfied' and is_hit) as satisfied_hits
    from cases
    where
        measure not in ('accepted', 'on_time', 'fixed_at_first_visit')
    group by all;

-- The same by expert; an answer or a survey about no visit has none.
create or replace temp macro expert_days(since, until, now) as table
    with
        cases as (
            from rates_in(null, null, null, null, since, until, now)
            where measure in ('accepted', 'on_time', 'fixed_at_first_visit', 'satisfied')
            union all by name
            select 'withdrawn' as measure, true as is_hit, *
            from proposals_in(null, null, null, null, since, until)
            where answer = 'withdrawn'
            union all by name
            select 'surveyed' as measure, is_answered as is_hit, *
            from surveys_in(null, null, null, null, since, until, now)
        )

    select
        day,
        expert_id,
        channel,
        device_type,
        device_name,
        ticket_type_name,
        plan_code,
        plan_name,
        region,
        state,
        state_name,
        counted(measure = 'accepted') as accepted_total,
        counted(measure = 'accepted' and is_hit) as accepted_hits,
        counted(measure = 'accepted' and answer = 'rejected') as rejected,
        counted(measure = 'accepted' and answer = 'expired') as expired,
        counted(measure = 'withdrawn') as withdrawn,
        counted(measure = 'on_time') as visits,
        counted(measure = 'on_time' and is_hit) as on_time_hits,
        sum(travel_km) filter (where measure = 'on_time') as travel_km,
        counted(measure = 'on_time' and travel_km is not null) as travels,
        counted(measure = 'on_time' and travel_km < 10) as travels_under_10_km,
        counted(measure = 'on_time' and travel_km < 25) as travels_under_25_km,
        counted(measure = 'on_time' and travel_km < 50) as travels_under_50_km,
        counted(measure = 'on_time' and travel_km < 100) as travels_under_100_km,
        sum(minutes_on_site) filter (where measure = 'on_time') as minutes_on_site,
        counted(measure = 'on_time' and minutes_on_site is not null) as visits_on_site,
        counted(measure = 'fixed_at_first_visit') as fixed_at_first_visit_total,
        counted(measure = 'fixed_at_first_visit' and is_hit) as fixed_at_first_visit_hits,
        counted(measure = 'satisfied') as satisfied_total,
        counted(measure = 'satisfied' and is_hit) as satisfied_hits,
        counted(measure = 'satisfied' and recommendation = 'promoter') as promoters,
        counted(measure = 'satisfied' and recommendation = 'detractor') as detractors,
        counted(measure = 'satisfied' and recommendation is not null) as recommendations,
        cast(
            sum(score) filter (where measure = 'satisfied') as integer
        ) as scores,
        counted(measure = 'satisfied' and is_low_score(score)) as low_scores,
        counted(measure = 'surveyed') as surveys,
        counted(measure = 'surveyed' and is_hit) as surveys_answered
    from cases
    group by all;

-- Answers to surveys by what was chosen in them, all choices of one answer in a list.
create or replace temp macro answer_days(since, until, now) as table
    with
        chosen as (
            select
                survey_id,
                list(
                    struct_pack(question := question, choice := choice)
                    order by question, choice
                ) as choices
            from fct_survey_choice
            where is_between(answered_at, since, until)
            group by survey_id
        )

    select
        answer.day,
        answer.expert_id,
        answer.device_type,
        answer.plan_code,
        answer.region,
        answer.state,
        answer.template,
        answer.template_version,
        chosen.choices,
        counted(true) as answers,
        counted(answer.is_satisfied) as satisfied
    from answers_in(null, null, null, null, since, until) as answer
    left join chosen on chosen.survey_id = answer.survey_id
    group by all;

-- Low scores one by one: few of all answers, each with what its ticket was about.
create or replace temp macro low_scores(since, until, now) as table
    select
        day,
        answered_at,
        survey_id,
        ticket_id,
        ticket_number,
        expert_id,
        score,
        would_recommend,
        has_comment,
        status,
        ticket_type_name,
        device_type,
        plan_code,
        region,
        state
    from answers_in(null, null, null, null, since, until)
    where is_low_score(score);

-- All, narrowed by the filters.
create or replace temp macro ticket_days_in(
    regions, states, plans, devices, since, until, now
) as table
    from ticket_days(since, until, now)
    where
        is_chosen(region, regions)
        and is_chosen(state, states)
        and is_chosen(plan_code, plans)
        and is_chosen(device_type, devices);

create or replace temp macro expert_days_in(
    regions, states, plans, devices, experts, since, until, now
) as table
    from expert_days(since, until, now)
    where
        is_chosen(region, regions)
        and is_chosen(state, states)
        and is_chosen(plan_code, plans)
        and is_chosen(device_type, devices)
        and is_chosen(cast(expert_id as varchar), experts);

create or replace temp macro answer_days_in(
    regions, states, plans, devices, experts, since, until, now
) as table
    from answer_days(since, until, now)
    where
        is_chosen(region, regions)
        and is_chosen(state, states)
        and is_chosen(plan_code, plans)
        and is_chosen(device_type, devices)
        and is_chosen(cast(expert_id as varchar), experts);

create or replace temp macro low_scores_in(
    regions, states, plans, devices, experts, since, until, now
) as table
    from low_scores(since, until, now)
    where
        is_chosen(region, regions)
        and is_chosen(state, states)
        and is_chosen(plan_code, plans)
        and is_chosen(device_type, devices)
        and is_chosen(cast(expert_id as varchar), experts);
