select
    id as payment_id,
    invoice_id,
    attempt,
    customer_id,
    amount_cents,
    currency,
    status,
    decline_code,
    created_at,
    decided_at
from {{ source("billing", "payment") }}
