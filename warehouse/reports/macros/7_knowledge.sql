-- Searches for articles, by the day on which they were made.
create or replace temp macro searches_in(since, until) as table
    select *, utc_day(asked_at) as day
    from fct_search
    where is_between(asked_at, since, until);

-- Times that an article helped, by the day on which it did.
create or replace temp macro uses_in(since, until) as table
    select *, utc_day(used_at) as day
    from fct_article_use
    where is_between(used_at, since, until);

-- Tickets whose resolution stands, and whether an article was linked to one.
create or replace temp macro resolutions_in(since, until) as table
    select
        ticket.ticket_id,
        ticket.device_type,
        utc_day(ticket.resolved_at) as day,
        linked.ticket_id is not null as has_article
    from fct_ticket as ticket
    left join
        (
            select distinct ticket_id from fct_article_use where kind = 'resolved'
        ) as linked
        on linked.ticket_id = ticket.ticket_id
    where
        is_between(ticket.resolved_at, since, until);

-- Articles have no title here: their subject and the end of the id tell them apart.
create or replace temp macro article_label(device_name, article_id) as
    coalesce(device_name, 'All devices') || ' · ' || right(cast(article_id as varchar), 6);
