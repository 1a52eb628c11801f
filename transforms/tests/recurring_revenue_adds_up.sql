-- The changes of all months sum to the revenue of the last one.
select
    contract_id,
    sum(mrr_change_cents) as changes,
    sum(mrr_cents) filter (where place = 1) as last_cents
from
    (
        select
            *,
            row_number() over (
                partition by contract_id order by month_start desc
            ) as place
        from {{ ref("fct_contract_month") }}
        where {{ touched("customer", "customer_id", ["fct_contract_month"]) }}
    ) as months
group by contract_id
having sum(mrr_change_cents) <> sum(mrr_cents) filter (where place = 1)
