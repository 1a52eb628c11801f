-- The ledger itself: movements of the period and the balance at $as_of, an account a
-- row.
select
    account,
    total_where(debit_cents, day between $since and $until) as debit_cents,
    total_where(credit_cents, day between $since and $until) as credit_cents,
    total_where(debit_cents - credit_cents, true) as balance_cents
from ledger_days_in($region, $state, $plan, first_of_all(), last_of_all(), $as_of)
group by account
order by account
