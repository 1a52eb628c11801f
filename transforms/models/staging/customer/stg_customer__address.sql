select
    id as address_id,
    account_id as customer_id,
    state,
    substr(zip, 1, 3) as zip3,
    time_zone,
    created_at
from {{ source("customer", "address") }}
