select
    id as ticket_id,
    number as ticket_number,
    customer_id,
    contract_id,
    state,
    substr(zip, 1, 3) as zip3,
    time_zone,
    ticket_type,
    priority,
    channel,
    status,
    version,
    submitted_at,
    sla_due_at,
    resolved_at,
    updated_at
from {{ source("sysops", "ticket") }}
