select
    chargeback_id,
    payment_id,
    invoice_id,
    customer_id,
    amount_cents,
    currency,
    status,
    answer_by,
    opened_at,
    decided_at
from {{ ref("stg_billing__chargeback") }}
