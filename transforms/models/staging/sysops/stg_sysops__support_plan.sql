select
    code as plan_code,
    version as plan_version,
    name as plan_name,
    price_cents,
    currency,
    "interval" as billing_interval,
    sla_hours,
    active as is_active
from {{ source("sysops", "support_plan") }}
