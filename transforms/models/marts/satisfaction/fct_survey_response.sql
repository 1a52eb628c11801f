select
    answer.survey_id,
    answer.ticket_id,
    answer.customer_id,
    assignment.expert_id,
    answer.score,
    answer.would_recommend,
    answer.score >= 4 as is_satisfied,
    case
        when answer.would_recommend >= 9
        then 'promoter'
        when answer.would_recommend >= 7
        then 'passive'
        when answer.would_recommend is not null
        then 'detractor'
    end as recommendation,
    answer.has_comment,
    answer.sent_at,
    answer.answered_at,
    {{ minutes_between("answer.sent_at", "answer.answered_at") }} as minutes_to_answer
from {{ ref("int_survey_answer") }} as answer
left join
    {{ ref("stg_sysops__ticket_event") }} as event
    on event.ticket_id = answer.ticket_id
    and event.version = answer.ticket_version
left join
    {{ ref("int_assignment") }} as assignment
    on assignment.assignment_id = event.assignment_id
