select
    cast(date_trunc($grain, day) as date) as bucket,
    asked_by,
    total_of(searches) as searches,
    total_of(in_vain) as in_vain,
    is_whole($grain, day, $since, $until, $as_of) as is_complete
from article_days($since, $until, $as_of)
where searches > 0
group by all
order by bucket, asked_by
