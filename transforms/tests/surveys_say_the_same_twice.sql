-- A score comes by message and with the replicated survey: both must be one.
{{ config(severity="warn") }}
select message.survey_id
from {{ ref("stg_surveys__survey_response") }} as message
inner join
    {{ ref("stg_customer__survey") }} as survey on survey.survey_id = message.survey_id
inner join {{ ref("fct_survey_response") }} as mart on mart.survey_id = survey.survey_id
where
    survey.answered_at is not null
    and message.score <> survey.score
    and {{ touched("ticket", "mart.ticket_id", ["fct_survey_response"]) }}
