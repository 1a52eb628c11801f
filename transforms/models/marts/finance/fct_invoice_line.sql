select
    cast(line.invoice_id as text) || '-' || line.line_number as invoice_line_key,
    line.invoice_id,
    line.line_number,
    invoice.customer_id,
    invoice.period_start,
    invoice.status as invoice_status,
    line.kind,
    line.description,
    line.amount_cents
from {{ ref("stg_billing__invoice_line") }} as line
inner join
    {{ ref("stg_billing__invoice") }} as invoice on invoice.invoice_id = line.invoice_id
