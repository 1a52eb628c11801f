select
    id as survey_id,
    ticket_id,
    ticket_version,
    account_id as customer_id,
    sent_at,
    expires_at,
    answered_at,
    score,
    would_recommend
from {{ source("customer", "survey") }}
