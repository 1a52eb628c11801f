with
    votes as (
        select
            article_id,
            cast(sum(case when helpful then 1 else 0 end) as integer) as helpful_votes,
            cast(sum(case when helpful then 0 else 1 end) as integer) as unhelpful_votes
        from {{ ref("stg_sysops__article_vote") }}
        group by article_id
    )

select
    article.article_id,
    article.device_type,
    nullif(article.ticket_types, '') as ticket_types,
    article.status,
    article.audience,
    article.version,
    article.status = 'published' as is_published,
    coalesce(votes.helpful_votes, 0) as helpful_votes,
    coalesce(votes.unhelpful_votes, 0) as unhelpful_votes,
    article.created_at,
    article.updated_at
from {{ ref("stg_sysops__article") }} as article
left join votes on votes.article_id = article.article_id
