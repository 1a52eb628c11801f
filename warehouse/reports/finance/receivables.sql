-- What is owed at $as_of, by the days since the invoice was issued.
with
    owed as (
        select *, hours_between(issued_at, $as_of) / 24 as days
        from issued_in($region, $state, $plan)
        where outstanding_cents <> 0
    )

select
    case
        when days < 8
        then 1
        when days < 31
        then 2
        when days < 61
        then 3
        when days < 91
        then 4
        else 5
    end as age_order,
    case
        age_order
        when 1
        then 'Up to 7 days'
        when 2
        then '8 to 30 days'
        when 3
        then '31 to 60 days'
        when 4
        then '61 to 90 days'
        else 'Over 90 days'
    end as age,
    count(*) as invoices,
    sum(outstanding_cents) as outstanding_cents
from owed
group by all
order by age_order
