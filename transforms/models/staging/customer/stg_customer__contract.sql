select
    id as contract_id,
    account_id as customer_id,
    address_id,
    plan_code,
    status,
    standing,
    starts_on,
    ends_on,
    created_at,
    updated_at
from {{ source("customer", "contract") }}
