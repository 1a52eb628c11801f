-- As many attempts and as many approved cents, day by day.
with
    source_days as (
        select
            cast(created_at at time zone 'UTC' as date) as created_on,
            count(*) as attempts,
            sum(amount_cents) filter (where status = 'approved') as cents
        from {{ ref("stg_billing__payment") }}
        where {{ touched("invoice", "invoice_id", ["fct_payment"]) }}
        group by 1
    ),

    mart_days as (
        select
            cast(created_at at time zone 'UTC' as date) as created_on,
            count(*) as attempts,
            sum(amount_cents) filter (where status = 'approved') as cents
        from {{ ref("fct_payment") }}
        where {{ touched("invoice", "invoice_id", ["fct_payment"]) }}
        group by 1
    )

select created_on, source_days.cents as in_source, mart_days.cents as in_mart
from source_days
full outer join mart_days using (created_on)
where
    source_days.attempts is distinct from mart_days.attempts
    or source_days.cents is distinct from mart_days.cents
