select
    id as ticket_id,
    number as ticket_number,
    account_id as customer_id,
    contract_id,
    address_id,
    ticket_type,
    priority,
    channel,
    status,
    version,
    pending_request,
    submitted_at,
    resolved_at,
    updated_at
from {{ source("customer", "ticket") }}
