select
    survey.survey_id,
    survey.ticket_id,
    survey.customer_id,
    visit.expert_id,
    survey.sent_at,
    survey.expires_at,
    answer.answered_at is not null as is_answered
from {{ ref("stg_customer__survey") }} as survey
left join
    {{ ref("int_survey_answer") }} as answer
    on answer.ticket_id = survey.ticket_id
    and answer.survey_id = survey.survey_id
left join
    {{ ref("int_survey_expert") }} as visit
    on visit.ticket_id = survey.ticket_id
    and visit.survey_id = survey.survey_id
