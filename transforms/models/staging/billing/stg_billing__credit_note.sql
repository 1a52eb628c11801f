select
    id as credit_note_id,
    number as credit_note_number,
    invoice_id,
    customer_id,
    amount_cents,
    tax_cents,
    currency,
    applies_to,
    created_at
from {{ source("billing", "credit_note") }}
