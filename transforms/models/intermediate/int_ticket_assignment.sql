select
    ticket_id,
    cast(count(*) as integer) as assignments,
    cast(count(*) filter (where status = 'rejected') as integer) as rejections,
    cast(count(*) filter (where status = 'expired') as integer) as expiries,
    cast(count(*) filter (where status = 'withdrawn') as integer) as withdrawals,
    cast(count(*) filter (where is_visit) as integer) as visits,
    cast(
        count(*) filter (
            where visit_outcome in ('unfinished', 'follow_up', 'customer_absent')
        ) as integer
    ) as unfinished_visits
from {{ ref("int_assignment") }}
group by ticket_id
