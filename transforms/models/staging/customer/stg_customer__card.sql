select id as card_id, account_id as customer_id, brand, status, created_at, updated_at
from {{ source("customer", "card") }}
