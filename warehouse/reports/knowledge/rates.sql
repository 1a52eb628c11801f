-- Each rate with the interval in which the true one lies.
with
    buckets as (
        select
            cast(date_trunc($grain, day) as date) as bucket,
            is_whole($grain, day, $since, $until, $as_of) as is_complete,
            [
                cases_of('in_vain', in_vain, searches),
                cases_of('solved', solved_hits, solved_total),
                cases_of('with_article', with_article, resolutions)
            ] as measures
        from article_days($since, $until, $as_of)
        group by all
    ),

    rates as (
        select bucket, is_complete, unnest(measures, recursive := true) from buckets
    )

select
    bucket,
    measure,
    hits / total as share,
    wilson_low(rates.hits, rates.total) as low_share,
    wilson_high(rates.hits, rates.total) as high_share,
    cast(total as bigint) as total,
    is_complete
from rates
where total > 0
order by bucket, measure
