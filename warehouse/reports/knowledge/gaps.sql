-- Devices with many tickets for their articles: where one more would be read most.
with
    tickets as (
        select device_type, total_of(submitted) as tickets
        from ticket_days($since, $until, $as_of)
        group by device_type
    ),

    resolutions as (
        select
            device_type, share_of(with_article, resolutions) as with_article_share
        from article_days($since, $until, $as_of)
        where resolutions > 0
        group by device_type
    ),

    articles as (
        select
            device_type,
            count(*) as articles,
            count(*) filter (where audience = 'customers') as for_customers
        from dim_article
        where is_published and device_type is not null
        group by device_type
    )

select
    device.device_name as device,
    coalesce(tickets.tickets, 0) as tickets,
    coalesce(articles.articles, 0) as articles,
    coalesce(articles.for_customers, 0) as for_customers,
    coalesce(tickets.tickets, 0)
    / (coalesce(articles.articles, 0) + 1) as tickets_for_the_next,
    resolutions.with_article_share
from dim_device_type as device
left join tickets on tickets.device_type = device.device_type
left join resolutions on resolutions.device_type = device.device_type
left join articles on articles.device_type = device.device_type
where
    (tickets.tickets > 0 or articles.articles > 0)
    and is_chosen(device.device_type, $device)
order by tickets_for_the_next desc, device
limit $limit
