-- A month's change is against what the same contract's month before says: reports look
-- no further back than that.
select this_month.contract_month_key
from {{ ref("fct_contract_month") }} as this_month
left join
    {{ ref("fct_contract_month") }} as before
    on before.customer_id = this_month.customer_id
    and before.contract_id = this_month.contract_id
    and before.month_start = this_month.month_start - interval '1 month'
where
    {{ touched("customer", "this_month.customer_id", ["fct_contract_month"]) }}
    and this_month.mrr_cents - this_month.mrr_change_cents
    <> coalesce(before.mrr_cents, 0)
