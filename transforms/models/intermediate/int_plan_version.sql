with
    versions as (
        select
            plan_code,
            plan_version,
            plan_name,
            price_cents,
            currency,
            billing_interval,
            sla_hours,
            is_active,
            cast(null as timestamp with time zone) as valid_to,
            true as is_current
        from {{ ref("stg_sysops__support_plan") }}

        union all

        select
            plan_code,
            plan_version,
            plan_name,
            price_cents,
            currency,
            billing_interval,
            sla_hours,
            is_active,
            valid_to,
            false as is_current
        from {{ ref("stg_sysops__former_plan") }}
    )

select
    *,
    {{ monthly_cents("price_cents", "billing_interval") }} as monthly_price_cents,
    lag(valid_to) over (partition by plan_code order by plan_version) as valid_from
from versions
