-- One row: what customers said in the period, and how many of those asked said
-- anything.
select
    total_of(satisfied_total) as answers,
    share_of(satisfied_hits, satisfied_total) as satisfied_share,
    low_of(satisfied_hits, satisfied_total) as satisfied_low_share,
    high_of(satisfied_hits, satisfied_total) as satisfied_high_share,
    nps_of(promoters, detractors, recommendations) as nps,
    nps_low_of(promoters, detractors, recommendations) as nps_low,
    nps_high_of(promoters, detractors, recommendations) as nps_high,
    total_of(recommendations) as recommendations,
    sum(scores) / nullif(sum(satisfied_total), 0) as mean_score,
    total_of(low_scores) as low_scores,
    total_of(surveys) as surveys,
    share_of(surveys_answered, surveys) as response_share
from expert_days_in($region, $state, $plan, $device, $expert, $since, $until, $as_of)
