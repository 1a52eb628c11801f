select
    id as run_id,
    period as period_start,
    status,
    invoices,
    total_cents,
    approved_at,
    created_at,
    updated_at
from {{ source("billing", "billing_run") }}
