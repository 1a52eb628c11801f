select posting_id, sum(amount_cents) as cents
from {{ ref("fct_ledger_entry") }}
where {{ touched("posting", "posting_id", ["fct_ledger_entry"]) }}
group by posting_id
having sum(amount_cents) <> 0
