with
    buckets as (
        select
            cast(date_trunc($grain, day) as date) as bucket,
            is_whole($grain, day, $since, $until, $as_of) as is_complete,
            [
                struct_pack(kind := 'ended_online', uses := total_of(ended_online)),
                struct_pack(kind := 'ended_call', uses := total_of(ended_call)),
                struct_pack(kind := 'resolved', uses := total_of(resolved_uses))
            ] as kinds
        from article_days($since, $until, $as_of)
        group by all
    ),

    kinds as (
        select bucket, is_complete, unnest(kinds, recursive := true) from buckets
    )

select bucket, kind, uses, is_complete
from kinds
where uses > 0
order by bucket, kind
