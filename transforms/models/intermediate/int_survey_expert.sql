-- A survey is about the resolution with its ticket's version, and that about a visit.
select survey.survey_id, survey.ticket_id, assignment.expert_id
from {{ ref("stg_customer__survey") }} as survey
inner join
    {{ ref("stg_sysops__ticket_event") }} as event
    on event.ticket_id = survey.ticket_id
    and event.version = survey.ticket_version
inner join
    {{ ref("int_assignment") }} as assignment
    on assignment.ticket_id = event.ticket_id
    and assignment.assignment_id = event.assignment_id
