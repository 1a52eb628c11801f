-- First charges by the month of their answer, and what later attempts made of the
-- declined.
select
    cast(date_trunc('month', day) as date) as month_start,
    total_of(first_charges) as first_charges,
    total_of(declined) as declined,
    share_of(declined, first_charges) as declined_share,
    total_of(declined_cents) as declined_cents,
    total_of(made_good) as recovered,
    total_of(made_good_cents) as recovered_cents,
    share_of(made_good, declined) as recovered_share
from money_days_in($region, $state, $plan, $since, $until, $as_of)
where first_charges > 0
group by all
order by month_start
