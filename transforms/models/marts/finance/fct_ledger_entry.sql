select
    entry_id,
    posting_id,
    posted_at,
    account,
    amount_cents,
    currency,
    cause,
    cause_id,
    customer_id,
    invoice_id
from {{ ref("stg_billing__ledger_entry") }}
