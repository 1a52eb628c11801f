-- Each expert's share against the mean of all, with what chance alone would explain.
with
    totals as (
        select
            expert_id,
            case
                $measure
                when 'accepted'
                then sum(accepted_hits)
                when 'on_time'
                then sum(on_time_hits)
                when 'satisfied'
                then sum(satisfied_hits)
                else sum(fixed_at_first_visit_hits)
            end as hits,
            case
                $measure
                when 'accepted'
                then sum(accepted_total)
                when 'on_time'
                then sum(visits)
                when 'satisfied'
                then sum(satisfied_total)
                else sum(fixed_at_first_visit_total)
            end as total
        from
            expert_days_in(
                $region, $state, $plan, $device, null, $since, $until, $as_of
            )
        where expert_id is not null
        group by expert_id
        having total > 0
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
    cast(hits as bigint) as hits,
    cast(total as bigint) as total,
    share,
    wilson_low(compared.hits, compared.total) as low_share,
    wilson_high(compared.hits, compared.total) as high_share,
    mean_share,
    greatest(
        0, mean_share - funnel_half(mean_share, compared.total)
    ) as limit_low_share,
    least(1, mean_share + funnel_half(mean_share, compared.total)) as limit_high_share,
    case
        when share > mean_share + funnel_half(mean_share, compared.total)
        then 'above'
        when share < mean_share - funnel_half(mean_share, compared.total)
        then 'below'
        else 'within chance'
    end as verdict,
    cast(expert.expert_id as varchar) as expert_id
from compared
inner join dim_expert as expert on expert.expert_id = compared.expert_id
where is_chosen(cast(expert.expert_id as varchar), $expert)
order by total desc, expert
limit $limit
