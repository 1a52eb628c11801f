select
    credit_note_id,
    credit_note_number,
    invoice_id,
    customer_id,
    amount_cents,
    tax_cents,
    currency,
    applies_to,
    created_at
from {{ ref("stg_billing__credit_note") }}
