-- Each rate with the interval in which the true one lies.
with
    rates as (
        select 'in_vain' as measure, day, is_in_vain as is_hit
        from searches_in($since, $until)
        union all
        select 'solved', day, is_solved
        from searches_in($since, $until)
        where asked_by = 'customers'
        union all
        select 'with_article', day, has_article
        from resolutions_in($since, $until)
    )

select
    cast(date_trunc($grain, day) as date) as bucket,
    measure,
    avg(cast(is_hit as integer)) as share,
    low_among(is_hit) as low_share,
    high_among(is_hit) as high_share,
    count(*) as total,
    is_whole($grain, day, $since, $until, $as_of) as is_complete
from rates
group by all
order by bucket, measure
