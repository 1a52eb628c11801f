select invoice_id, position as line_number, kind, description, amount_cents
from {{ source("billing", "invoice_line") }}
