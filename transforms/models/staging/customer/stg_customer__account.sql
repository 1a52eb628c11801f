select id as customer_id, version, created_at, updated_at
from {{ source("customer", "account") }}
