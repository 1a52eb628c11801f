-- One row: how things stand at $as_of.
with
    tickets as not materialized(from tickets_in($region, $state, $plan, $device)),
    proposals as (from proposals_waiting($region, $state, $plan, $device)),
    today as (from visits_of_today($region, $state, $plan, $device, $as_of)),
    open_tickets as (
        select *, sla_risk(sla_due_at, window_end, $as_of) as risk
        from tickets
        where is_open
    )

select
    count(*) as open_tickets,
    count(*) filter (where status in ('submitted', 'open', 'escalated')) as unassigned,
    count(*) filter (where status = 'escalated') as escalated,
    count(*) filter (where risk = 'overdue') as overdue,
    count(*) filter (where risk in ('late window', 'nobody yet')) as at_risk,
    (select count(*) from today) as visits_today,
    (
        select count(*)
        from today
        where stage in ('resolved', 'another visit needed', 'nobody home')
    ) as visits_done,
    (select count(*) from today where stage = 'late') as visits_late,
    (select count(*) from proposals) as proposals_waiting,
    (select count(*) from proposals where answer_by < $as_of) as proposals_overdue,
    (
        select count(*) from tickets where submitted_at > $as_of - interval '24 hours'
    ) as submitted_24h,
    (
        select count(*) from tickets where resolved_at > $as_of - interval '24 hours'
    ) as resolved_24h
from open_tickets
