-- As many invoices and as many cents, day by day.
with
    source_days as (
        select period_start, count(*) as invoices, sum(total_cents) as cents
        from {{ ref("stg_billing__invoice") }}
        where {{ touched("invoice", "invoice_id", ["fct_invoice"]) }}
        group by period_start
    ),

    mart_days as (
        select period_start, count(*) as invoices, sum(total_cents) as cents
        from {{ ref("fct_invoice") }}
        where {{ touched("invoice", "invoice_id", ["fct_invoice"]) }}
        group by period_start
    )

select period_start, source_days.cents as in_source, mart_days.cents as in_mart
from source_days
full outer join mart_days using (period_start)
where
    source_days.invoices is distinct from mart_days.invoices
    or source_days.cents is distinct from mart_days.cents
