-- One row: whether what customers submitted in the last 7 days has reached sysops and
-- this warehouse. A ticket that sysops has not received has no version yet.
select
    count(*) as submitted,
    count(*) filter (where version > 0) as in_sysops,
    count(*) filter (
        where version = 0 and hours_between(submitted_at, $as_of) * 60 < 5
    ) as on_the_way,
    count(*) filter (
        where version = 0 and hours_between(submitted_at, $as_of) * 60 >= 5
    ) as not_arrived,
    coalesce(
        max(hours_between(submitted_at, $as_of) * 60) filter (where version = 0), 0
    ) as longest_minutes
from fct_ticket
where
    submitted_at >= $as_of - interval '7 days'
    and not (version = 0 and status = 'cancelled')
