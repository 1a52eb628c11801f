select
    cast(date_trunc($grain, day) as date) as bucket,
    total_of(satisfied_total) as answers,
    share_of(satisfied_hits, satisfied_total) as satisfied_share,
    low_of(satisfied_hits, satisfied_total) as satisfied_low_share,
    high_of(satisfied_hits, satisfied_total) as satisfied_high_share,
    nps_of(promoters, detractors, recommendations) as nps,
    nps_low_of(promoters, detractors, recommendations) as nps_low,
    nps_high_of(promoters, detractors, recommendations) as nps_high,
    total_of(recommendations) as recommendations,
    is_whole($grain, day, $since, $until, $as_of) as is_complete
from expert_days_in($region, $state, $plan, $device, $expert, $since, $until, $as_of)
where satisfied_total > 0
group by all
order by bucket
