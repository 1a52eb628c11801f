-- Published articles and those that helped in the period, the most useful first.
with
    uses as (
        select
            article_id,
            count(*) filter (where kind = 'ended_online') as ended_online,
            count(*) filter (where kind = 'ended_call') as ended_calls,
            count(*) filter (where kind = 'resolved') as resolved
        from fct_article_use
        where is_between(used_at, $since, $until)
        group by article_id
    )

select
    article_label(device.device_name, article.article_id) as article,
    cast(article.article_id as varchar) as article_id,
    coalesce(uses.ended_online, 0) as ended_online,
    coalesce(uses.ended_calls, 0) as ended_calls,
    coalesce(uses.resolved, 0) as resolved,
    article.helpful_votes,
    article.unhelpful_votes,
    article.audience,
    article.status,
    article.updated_at
from dim_article as article
left join uses on uses.article_id = article.article_id
left join dim_device_type as device on device.device_type = article.device_type
where
    (article.is_published or uses.article_id is not null)
    and is_chosen(article.device_type, $device)
order by ended_online + ended_calls + resolved desc, article
limit $limit
