with
    charges as (
        select
            invoice_id,
            cast(count(*) as integer) as payment_attempts,
            cast(
                coalesce(
                    sum(amount_cents) filter (where status = 'approved'), 0
                ) as bigint
            ) as collected_cents
        from {{ ref("stg_billing__payment") }}
        group by invoice_id
    ),

    refunds as (
        select invoice_id, cast(sum(amount_cents) as bigint) as refunded_cents
        from {{ ref("stg_billing__refund") }}
        where status = 'refunded'
        group by invoice_id
    )

select
    invoice.invoice_id,
    invoice.invoice_number,
    invoice.run_id,
    invoice.contract_id,
    invoice.customer_id,
    contract.plan_code,
    invoice.period_start,
    invoice.period_end,
    invoice.status,
    invoice.currency,
    invoice.subtotal_cents,
    invoice.tax_cents,
    invoice.carried_cents,
    invoice.total_cents,
    coalesce(charges.collected_cents, 0) as collected_cents,
    invoice.credited_cents,
    invoice.noted_cents,
    coalesce(refunds.refunded_cents, 0) as refunded_cents,
    case
        when invoice.status in ('issued', 'declined')
        then
            invoice.total_cents
            - invoice.credited_cents
            - coalesce(charges.collected_cents, 0)
        else 0
    end as outstanding_cents,
    coalesce(charges.payment_attempts, 0) as payment_attempts,
    dunning.dunning_status,
    dunning.dunning_step,
    invoice.issued_at,
    invoice.paid_at,
    {{ minutes_between("invoice.issued_at", "invoice.paid_at") }} as minutes_to_pay
from {{ ref("stg_billing__invoice") }} as invoice
left join charges on charges.invoice_id = invoice.invoice_id
left join refunds on refunds.invoice_id = invoice.invoice_id
left join
    {{ ref("stg_billing__dunning") }} as dunning
    on dunning.invoice_id = invoice.invoice_id
left join
    {{ ref("stg_customer__contract") }} as contract
    on contract.contract_id = invoice.contract_id
