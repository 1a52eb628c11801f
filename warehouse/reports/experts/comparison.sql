-- Each expert's share against the mean of all, with what chance alone would explain.
with
    totals as (
        select expert_id, count(*) filter (where is_hit) as hits, count(*) as total
        from rates_in($region, $state, $plan, $device, $as_of)
        where
            day between $since and $until
            and measure = $measure
            and expert_id is not null
        group by expert_id
    ),

    compared as (
        select
            *,
            hits / total as share,
            sum(hits) over () / sum(total) over () as mean_share
        from totals
    )

select
    expert_label(expert.location_key, expert.expert_id) as expert,
    hits,
    total,
    share,
    wilson_low(hits, total) as low_share,
    wilson_high(hits, total) as high_share,
    mean_share,
    greatest(0, mean_share - funnel_half(mean_share, total)) as limit_low_share,
    least(1, mean_share + funnel_half(mean_share, total)) as limit_high_share,
    case
        when share > mean_share + funnel_half(mean_share, total)
        then 'above'
        when share < mean_share - funnel_half(mean_share, total)
        then 'below'
        else 'within chance'
    end as verdict,
    cast(expert.expert_id as varchar) as expert_id
from compared
inner join dim_expert as expert on expert.expert_id = compared.expert_id
where $expert is null or list_contains($expert, cast(expert.expert_id as varchar))
order by total desc, expert
limit $limit
