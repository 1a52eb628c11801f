select
    code as plan_code,
    version as plan_version,
    name as plan_name,
    price_cents,
    currency,
    "interval" as billing_interval,
    sla_hours,
    active as is_active,
    until as valid_to
from {{ source("sysops", "former_plan") }}
