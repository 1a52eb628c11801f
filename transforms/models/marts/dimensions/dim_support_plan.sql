select
    plan_code || '-' || cast(plan_version as text) as plan_version_key,
    plan_code,
    plan_version,
    plan_name,
    price_cents,
    currency,
    billing_interval,
    monthly_price_cents,
    sla_hours,
    is_active,
    valid_from,
    valid_to,
    is_current
from {{ ref("int_plan_version") }}
