select
    id as refund_id,
    payment_id,
    invoice_id,
    customer_id,
    amount_cents,
    currency,
    status,
    created_at,
    decided_at
from {{ source("billing", "refund") }}
