-- One row: what was searched in the period, and what articles did.
select search.*, use.*, resolution.*, article.*
from
    (
        select
            count(*) as searches,
            avg(cast(is_in_vain as integer)) as in_vain_share,
            avg(cast(is_solved as integer)) filter (
                where asked_by = 'customers'
            ) as solved_share
        from searches_in($since, $until)
    ) as search,
    (
        select count(*) filter (where kind <> 'resolved') as tickets_ended
        from uses_in($since, $until)
    ) as use,
    (
        select avg(cast(has_article as integer)) as with_article_share
        from resolutions_in($since, $until)
    ) as resolution,
    (
        select count(*) filter (where is_published) as articles from dim_article
    ) as article
