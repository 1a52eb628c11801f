select
    cast(date_trunc($grain, day) as date) as bucket,
    kind,
    count(*) as uses,
    is_whole($grain, day, $since, $until, $as_of) as is_complete
from uses_in($since, $until)
group by all
order by bucket, kind
