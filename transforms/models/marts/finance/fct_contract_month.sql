-- A movement belongs to the customer: whoever changes plans within a month neither
-- leaves nor
-- comes, one contract expands and the other contracts.
with
    customer_months as (
        select
            *,
            sum(mrr_cents) over (
                partition by customer_id, month_start
            ) as customer_mrr_cents,
            sum(previous_mrr_cents) over (
                partition by customer_id, month_start
            ) as customer_previous_mrr_cents
        from {{ ref("int_contract_month") }}
    ),

    contract_months as (
        select
            *,
            min(case when customer_mrr_cents > 0 then month_start end) over (
                partition by customer_id
            ) as first_month
        from customer_months
    )

select
    cast(contract_id as text) || '-' || cast(month_start as text) as contract_month_key,
    contract_id,
    customer_id,
    plan_code,
    month_start,
    measured_on,
    mrr_cents,
    mrr_cents - previous_mrr_cents as mrr_change_cents,
    case
        when mrr_cents = previous_mrr_cents
        then 'none'
        when mrr_cents > previous_mrr_cents
        then
            case
                when customer_previous_mrr_cents > 0
                then 'expansion'
                when first_month < month_start
                then 'reactivation'
                else 'new'
            end
        when customer_mrr_cents = 0
        then 'churn'
        else 'contraction'
    end as movement
from contract_months
where mrr_cents > 0 or previous_mrr_cents > 0
