select
    cast(date_trunc($grain, day) as date) as bucket,
    count(*) as answers,
    avg(cast(is_satisfied as integer)) as satisfied_share,
    wilson_low(count(*) filter (where is_satisfied), count(*)) as satisfied_low_share,
    wilson_high(count(*) filter (where is_satisfied), count(*)) as satisfied_high_share,
    nps_of(
        count(*) filter (where recommendation = 'promoter'),
        count(*) filter (where recommendation = 'detractor'),
        count(recommendation)
    ) as nps,
    nps_low(
        count(*) filter (where recommendation = 'promoter'),
        count(*) filter (where recommendation = 'detractor'),
        count(recommendation)
    ) as nps_low,
    nps_high(
        count(*) filter (where recommendation = 'promoter'),
        count(*) filter (where recommendation = 'detractor'),
        count(recommendation)
    ) as nps_high,
    count(recommendation) as recommendations,
    is_whole($grain, day, $since, $until, $as_of) as is_complete
from answers_in($region, $state, $plan, $device, $expert)
where day between $since and $until
group by all
order by bucket
