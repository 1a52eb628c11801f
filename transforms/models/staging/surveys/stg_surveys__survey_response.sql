select
    survey_id,
    ticket_id,
    template,
    template_version,
    score,
    would_recommend,
    has_comment,
    answered_at,
    received_at
from {{ source("surveys", "survey_response") }}
