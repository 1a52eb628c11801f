-- One row: what customers said in the period, and how many of those asked said
-- anything.
select answer.*, survey.*
from
    (
        select
            count(*) as answers,
            avg(cast(is_satisfied as integer)) as satisfied_share,
            low_among(is_satisfied) as satisfied_low_share,
            high_among(is_satisfied) as satisfied_high_share,

            nps_among(recommendation) as nps,
            nps_low_among(recommendation) as nps_low,
            nps_high_among(recommendation) as nps_high,
            count(recommendation) as recommendations,
            avg(score) as mean_score,
            count(*) filter (where is_low_score(score)) as low_scores
        from answers_in($region, $state, $plan, $device, $expert)
        where day between $since and $until
    ) as answer,
    (
        select count(*) as surveys, avg(cast(is_answered as integer)) as response_share
        from surveys_in($region, $state, $plan, $device, $expert, $as_of)
        where day between $since and $until
    ) as survey
