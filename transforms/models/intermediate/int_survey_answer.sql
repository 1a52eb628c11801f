-- An answer comes by message and with the replicated survey; whichever is here first
-- counts.
with
    surveys as (select * from {{ ref("stg_customer__survey") }}),

    messages as (select * from {{ ref("stg_surveys__survey_response") }})

select
    surveys.survey_id,
    surveys.ticket_id,
    surveys.customer_id,
    surveys.ticket_version,
    coalesce(surveys.score, messages.score) as score,
    coalesce(surveys.would_recommend, messages.would_recommend) as would_recommend,
    messages.has_comment,
    messages.template,
    messages.template_version,
    surveys.sent_at,
    coalesce(surveys.answered_at, messages.answered_at) as answered_at
from surveys
left join messages on messages.survey_id = surveys.survey_id
where coalesce(surveys.answered_at, messages.answered_at) is not null
