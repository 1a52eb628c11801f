-- A choice comes by message alone; its survey's score may be replicated later, and then
-- both are shown.
select
    cast(choice.survey_id as text)
    || '-'
    || choice.question
    || '-'
    || choice.choice as survey_choice_key,
    choice.survey_id,
    choice.question,
    choice.choice,
    message.template,
    message.template_version,
    answer.ticket_id,
    answer.expert_id,
    answer.score,
    answer.is_satisfied,
    answer.answered_at
from {{ ref("stg_surveys__survey_choice") }} as choice
inner join
    {{ ref("stg_surveys__survey_response") }} as message
    on message.survey_id = choice.survey_id
inner join
    {{ ref("fct_survey_response") }} as answer on answer.survey_id = choice.survey_id
