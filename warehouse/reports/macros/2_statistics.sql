-- Wilson's score interval of a share, 95 % (Wilson 1927): honest also for small
-- samples.
create or replace temp macro z95() as 1.959963984540054;

create or replace temp macro wilson_centre(share, total) as
    (share + z95() * z95() / (2 * total)) / (1 + z95() * z95() / total);

create or replace temp macro wilson_half(share, total) as
    z95()
    * sqrt(share * (1 - share) / total + z95() * z95() / (4 * total * total))
    / (1 + z95() * z95() / total);

create or replace temp macro wilson_low(hits, total) as
    case
        when total > 0
        then
            greatest(0, wilson_centre(hits / total, total) - wilson_half(hits / total, total))
    end;

create or replace temp macro wilson_high(hits, total) as
    case
        when total > 0
        then least(1, wilson_centre(hits / total, total) + wilson_half(hits / total, total))
    end;

-- The share of yes among the answers of one measure; null when there are none.
create or replace temp macro share_of(chosen, measure, is_hit) as
    avg(cast(is_hit as integer)) filter (where measure = chosen);

-- The bounds of that share's interval.
create or replace temp macro low_of(chosen, measure, is_hit) as
    wilson_low(
        count(*) filter (where measure = chosen and is_hit),
        count(*) filter (where measure = chosen)
    );

create or replace temp macro high_of(chosen, measure, is_hit) as
    wilson_high(
        count(*) filter (where measure = chosen and is_hit),
        count(*) filter (where measure = chosen)
    );

-- Half the width of a funnel: how far chance alone takes a share away from the mean
-- of all,
-- in 499 of 500 cases (z = 3.0902; Spiegelhalter 2005).
create or replace temp macro funnel_half(mean, total) as
    3.0902 * sqrt(mean * (1 - mean) / total);
