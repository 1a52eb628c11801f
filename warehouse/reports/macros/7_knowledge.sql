-- Searches for articles, times that an article helped, and tickets whose resolution stands, with
-- whether an article was linked to one: what adds up, by the day and the device. Publishing keeps
-- it in files; without, it is counted here.
create or replace temp macro article_days(since, until, now) as table
    with
        cases as (
            select 'search' as kind, utc_day(asked_at) as day, asked_by, is_in_vain, is_solved
            from fct_search
            where is_between(asked_at, since, until)
            union all by name
            select kind || ' use' as kind, utc_day(used_at) as day
            from fct_article_use
            where is_between(used_at, since, until)
            union all by name
            select
                'resolution' as kind,
                utc_day(resolved_at) as day,
                device_type,
                ticket_id
                in (select ticket_id from fct_article_use where kind = 'resolved') as has_article
            from fct_ticket
            where is_between(resolved_at, since, until)
        )

    select
        day,
        asked_by,
        device_type,
        counted(kind = 'search') as searches,
        counted(kind = 'search' and is_in_vain) as in_vain,
        counted(kind = 'search' and asked_by = 'customers') as solved_total,
        counted(kind = 'search' and asked_by = 'customers' and is_solved) as solved_hits,
        counted(kind = 'ended_online use') as ended_online,
        counted(kind = 'ended_call use') as ended_call,
        counted(kind = 'resolved use') as resolved_uses,
        counted(kind = 'resolution') as resolutions,
        counted(kind = 'resolution' and has_article) as with_article
    from cases
    group by all;

-- Articles have no title here: their subject and the end of the id tell them apart.
create or replace temp macro article_label(device_name, article_id) as
    coalesce(device_name, 'All devices') || ' · ' || right(cast(article_id as varchar), 6);
