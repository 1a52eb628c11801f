-- A movement belongs to the customer: whoever changes plans within a month neither
-- leaves nor
-- comes, one contract expands and the other contracts.
with
    contract_months as (select * from {{ ref("int_contract_month") }}),

    customer_months as (
        select
            customer_id,
            month_start,
            cast(sum(mrr_cents) as bigint) as customer_mrr_cents,
            cast(sum(previous_mrr_cents) as bigint) as customer_previous_mrr_cents
        from contract_months
        group by customer_id, month_start
    ),

    first_months as (
        select customer_id, min(month_start) as first_month
        from customer_months
        where customer_mrr_cents > 0
        group by customer_id
    )

select
    cast(contract_months.contract_id as text)
    || '-'
    || cast(contract_months.month_start as text) as contract_month_key,
    contract_months.contract_id,
    contract_months.customer_id,
    contract_months.plan_code,
    contract_months.month_start,
    contract_months.measured_on,
    contract_months.mrr_cents,
    contract_months.mrr_cents - contract_months.previous_mrr_cents as mrr_change_cents,
    case
        when contract_months.mrr_cents = contract_months.previous_mrr_cents
        then 'none'
        when contract_months.mrr_cents > contract_months.previous_mrr_cents
        then
            case
                when customer_months.customer_previous_mrr_cents > 0
                then 'expansion'
                when first_months.first_month < contract_months.month_start
                then 'reactivation'
                else 'new'
            end
        when customer_months.customer_mrr_cents = 0
        then 'churn'
        else 'contraction'
    end as movement
from contract_months
inner join
    customer_months
    on customer_months.customer_id = contract_months.customer_id
    and customer_months.month_start = contract_months.month_start
left join first_months on first_months.customer_id = contract_months.customer_id
where contract_months.mrr_cents > 0 or contract_months.previous_mrr_cents > 0
