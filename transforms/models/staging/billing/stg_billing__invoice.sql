select
    id as invoice_id,
    run_id,
    contract_id,
    customer_id,
    period_start,
    period_end,
    number as invoice_number,
    status,
    currency,
    subtotal_cents,
    tax_cents,
    total_cents,
    created_at,
    issued_at,
    paid_at
from {{ source("billing", "invoice") }}
