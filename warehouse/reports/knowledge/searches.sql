select
    cast(date_trunc($grain, day) as date) as bucket,
    asked_by,
    count(*) as searches,
    count(*) filter (where is_in_vain) as in_vain,
    is_whole($grain, day, $since, $until, $as_of) as is_complete
from searches_in($since, $until)
group by all
order by bucket, asked_by
