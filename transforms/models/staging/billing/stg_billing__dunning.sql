select invoice_id, step as dunning_step, status as dunning_status, next_at, updated_at
from {{ source("billing", "dunning") }}
