select
    id as article_id,
    version,
    device_type,
    array_to_string(ticket_types, ', ') as ticket_types,
    status,
    audience,
    created_at,
    updated_at
from {{ source("sysops", "article") }}
