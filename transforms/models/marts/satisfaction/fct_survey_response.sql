select
    answer.survey_id,
    answer.ticket_id,
    answer.customer_id,
    visit.expert_id,
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
    answer.template,
    answer.template_version,
    answer.sent_at,
    answer.answered_at,
    {{ minutes_between("answer.sent_at", "answer.answered_at") }} as minutes_to_answer
from {{ ref("int_survey_answer") }} as answer
left join
    {{ ref("int_survey_expert") }} as visit
    on visit.ticket_id = answer.ticket_id
    and visit.survey_id = answer.survey_id
