-- The ledger itself: movements of the period and the balance at $as_of, an account a
-- row.
select
    account,
    coalesce(
        sum(amount_cents) filter (
            where amount_cents > 0 and is_between(posted_at, $since, $until)
        ),
        0
    ) as debit_cents,
    coalesce(
        - sum(amount_cents) filter (
            where amount_cents < 0 and is_between(posted_at, $since, $until)
        ),
        0
    ) as credit_cents,
    sum(amount_cents) as balance_cents
from entries_in($region, $state, $plan)
group by account
order by account
