select
    payment_id,
    invoice_id,
    customer_id,
    attempt,
    amount_cents,
    currency,
    status,
    decline_code,
    status = 'approved' and attempt > 1 as is_recovered,
    created_at,
    decided_at
from {{ ref("stg_billing__payment") }}
