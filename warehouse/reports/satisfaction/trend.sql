select
    cast(date_trunc($grain, day) as date) as bucket,
    count(*) as answers,
    avg(cast(is_satisfied as integer)) as satisfied_share,
    low_among(is_satisfied) as satisfied_low_share,
    high_among(is_satisfied) as satisfied_high_share,
    nps_among(recommendation) as nps,
    nps_low_among(recommendation) as nps_low,
    nps_high_among(recommendation) as nps_high,
    count(recommendation) as recommendations,
    is_whole($grain, day, $since, $until, $as_of) as is_complete
from answers_in($region, $state, $plan, $device, $expert)
where day between $since and $until
group by all
order by bucket
