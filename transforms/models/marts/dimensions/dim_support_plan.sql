select
    plan_code,
    plan_version,
    plan_name,
    price_cents,
    currency,
    billing_interval,
    {{ monthly_cents("price_cents", "billing_interval") }} as monthly_price_cents,
    sla_hours,
    is_active
from {{ ref("stg_sysops__support_plan") }}
