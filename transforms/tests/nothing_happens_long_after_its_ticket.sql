-- Reports skip tickets by when they were submitted and last changed: what happens to a
-- ticket happens at most a day before the one and 60 days after the other (an arrival
-- window may lie ahead, a survey is open for weeks). Of tickets that are not open none
-- has a proposal that waits, nor a visit whose window is 3 days after the last change.
{% set marts = [
    "fct_ticket",
    "fct_assignment",
    "fct_visit",
    "fct_survey",
    "fct_survey_response",
] %}
{% set looked_at = touched("ticket", "ticket.ticket_id", marts) %}

with
    happened as (
        select ticket_id, proposed_at as happened_at, 'proposal' as what
        from {{ ref("fct_assignment") }}
        union all
        select ticket_id, window_start, 'arrival window'
        from {{ ref("fct_assignment") }}
        union all
        select ticket_id, started_at, 'visit'
        from {{ ref("fct_visit") }}
        union all
        select ticket_id, expires_at, 'survey'
        from {{ ref("fct_survey") }}
        union all
        select ticket_id, answered_at, 'answer'
        from {{ ref("fct_survey_response") }}
    )

select ticket.ticket_id, happened.what, happened.happened_at
from happened
inner join {{ ref("fct_ticket") }} as ticket on ticket.ticket_id = happened.ticket_id
where
    {{ looked_at }}
    and (
        happened.happened_at < ticket.submitted_at - interval '1 day'
        or happened.happened_at > ticket.updated_at + interval '60 days'
    )
union all
select ticket.ticket_id, 'unanswered proposal', assignment.proposed_at
from {{ ref("fct_assignment") }} as assignment
inner join {{ ref("fct_ticket") }} as ticket on ticket.ticket_id = assignment.ticket_id
where {{ looked_at }} and not ticket.is_open and assignment.status = 'proposed'
union all
select ticket.ticket_id, 'late window', assignment.window_start
from {{ ref("fct_assignment") }} as assignment
inner join {{ ref("fct_ticket") }} as ticket on ticket.ticket_id = assignment.ticket_id
where
    {{ looked_at }}
    and not ticket.is_open
    and assignment.status in ('proposed', 'accepted', 'completed')
    and assignment.window_start > ticket.updated_at + interval '3 days'
