-- One row: what was searched in the period, and what articles did.
select day.*, article.*
from
    (
        select
            total_of(searches) as searches,
            share_of(in_vain, searches) as in_vain_share,
            share_of(solved_hits, solved_total) as solved_share,
            total_of(ended_online) + total_of(ended_call) as tickets_ended,
            share_of(with_article, resolutions) as with_article_share
        from article_days($since, $until, $as_of)
    ) as day,
    (
        select count(*) filter (where is_published) as articles from dim_article
    ) as article
