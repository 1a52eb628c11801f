-- Wilson's score interval of a share, 95 % (Wilson 1927): honest of small samples too.
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

-- Rows of one kind, as counts are kept in files.
create or replace temp macro counted(is_kind) as
    cast(count(*) filter (where is_kind) as integer);

-- A count over days, or a sum of cents; 0 when there is no day.
create or replace temp macro total_of(counts) as cast(coalesce(sum(counts), 0) as bigint);

create or replace temp macro total_where(counts, is_kind) as
    cast(coalesce(sum(counts) filter (where is_kind), 0) as bigint);

-- The days of one month on which something was, a bit a day: sets can be united.
create or replace temp macro days_with(counts, day) as
    coalesce(bit_or(1 << day(day)) filter (where counts > 0), 0);

-- The share of hits over days and its interval's bounds; null when there is no case.
create or replace temp macro share_of(hits, total) as sum(hits) / nullif(sum(total), 0);

create or replace temp macro low_of(hits, total) as wilson_low(sum(hits), sum(total));

create or replace temp macro high_of(hits, total) as wilson_high(sum(hits), sum(total));

-- A measure's cases over days under the name of their measure, to be listed among others.
create or replace temp macro cases_of(name, hits, total) as
    struct_pack(measure := name, hits := sum(hits), total := sum(total));

-- Half the width of a funnel: how far chance alone takes a share away from the mean of
-- all, in 499 of 500 cases (z = 3.0902; Spiegelhalter 2005).
create or replace temp macro funnel_half(mean, total) as
    3.0902 * sqrt(mean * (1 - mean) / total);

-- What the difference of two shares can be, 95 %: Newcombe's hybrid score interval
-- (Newcombe 1998, method 10).
create or replace temp macro difference_low(hits, total, other_hits, other_total) as
    hits / total
    - other_hits / other_total
    - sqrt(
        pow(hits / total - wilson_low(hits, total), 2)
        + pow(
            wilson_high(other_hits, other_total) - other_hits / other_total, 2
        )
    );

create or replace temp macro difference_high(hits, total, other_hits, other_total) as
    hits / total
    - other_hits / other_total
    + sqrt(
        pow(wilson_high(hits, total) - hits / total, 2)
        + pow(other_hits / other_total - wilson_low(other_hits, other_total), 2)
    );

-- The net promoter score, -100 to 100, and its 95 % interval: adjusted Wald, with three
-- answers added (Rocks 2016). One answer's own score can lie outside; it is let in.
create or replace temp macro nps(promoters, detractors, total) as
    100.0 * (promoters - detractors) / nullif(total, 0);

create or replace temp macro nps_centre(promoters, detractors, total) as
    (promoters - detractors) / (total + 3);

create or replace temp macro nps_half(promoters, detractors, total) as
    z95()
    * sqrt(
        (
            (promoters + detractors + 1.5) / (total + 3)
            - pow(nps_centre(promoters, detractors, total), 2)
        )
        / (total + 3)
    );

create or replace temp macro nps_low(promoters, detractors, total) as
    case
        when total > 0
        then
            greatest(
                -100,
                least(
                    nps(promoters, detractors, total),
                    100
                    * (
                        nps_centre(promoters, detractors, total)
                        - nps_half(promoters, detractors, total)
                    )
                )
            )
    end;

create or replace temp macro nps_high(promoters, detractors, total) as
    case
        when total > 0
        then
            least(
                100,
                greatest(
                    nps(promoters, detractors, total),
                    100
                    * (
                        nps_centre(promoters, detractors, total)
                        + nps_half(promoters, detractors, total)
                    )
                )
            )
    end;

-- The same over days, as `share_of` is.
create or replace temp macro nps_of(promoters, detractors, total) as
    nps(sum(promoters), sum(detractors), sum(total));

create or replace temp macro nps_low_of(promoters, detractors, total) as
    nps_low(sum(promoters), sum(detractors), sum(total));

create or replace temp macro nps_high_of(promoters, detractors, total) as
    nps_high(sum(promoters), sum(detractors), sum(total));
