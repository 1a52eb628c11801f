-- What is owed at $as_of, by the days since the invoice was issued.
select
    debt_order(utc_day($as_of) - day) as age_order,
    debt_band(utc_day($as_of) - day) as age,
    total_of(owed_invoices) as invoices,
    total_of(outstanding_cents) as outstanding_cents
from money_days_in($region, $state, $plan, first_of_all(), last_of_all(), $as_of)
where owed_invoices > 0
group by all
order by age_order
