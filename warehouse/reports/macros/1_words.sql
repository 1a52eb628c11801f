-- Days are UTC days, except the day of submission, which is that of the place.
-- Counted in microseconds: a calendar of time zones is asked 25 times as long.
create or replace temp macro utc_day(moment) as
    cast(make_timestamp(epoch_us(moment)) as date);

-- The same asked of the moment itself, of which files know the least and greatest:
-- those without such a day are not read.
create or replace temp macro is_between(moment, since, until) as
    moment >= cast(since as timestamp with time zone)
    and moment < cast(until + 1 as timestamp with time zone);

create or replace temp macro hours_between(earlier, later) as
    (epoch_us(later) - epoch_us(earlier)) / 3600000000.0;

create or replace temp macro age_order(hours) as
    case
        when hours < 4 then 1
        when hours < 24 then 2
        when hours < 72 then 3
        when hours < 168 then 4
        else 5
    end;

create or replace temp macro age_band(hours) as
    case age_order(hours)
        when 1 then 'Under 4 h'
        when 2 then '4 to 24 h'
        when 3 then '1 to 3 days'
        when 4 then '3 to 7 days'
        else 'Over 7 days'
    end;

-- How long something is owed, in whole days.
create or replace temp macro debt_order(days) as
    case
        when days < 8 then 1
        when days < 31 then 2
        when days < 61 then 3
        when days < 91 then 4
        else 5
    end;

create or replace temp macro debt_band(days) as
    case debt_order(days)
        when 1 then 'Up to 7 days'
        when 2 then '8 to 30 days'
        when 3 then '31 to 60 days'
        when 4 then '61 to 90 days'
        else 'Over 90 days'
    end;

-- Experts have no name here: a place and the end of the id tell them apart.
create or replace temp macro expert_label(location_key, expert_id) as
    location_key || ' · ' || right(cast(expert_id as varchar), 6);

-- Questions and choices of surveys have codes here; the words are in the catalogue.
create or replace temp macro in_words(code) as
    upper(left(code, 1)) || replace(replace(substr(code, 2), '_', ' '), '-', ' ');

-- A score that a manager is told of, and calls about.
create or replace temp macro is_low_score(score) as score <= 2;

-- What a reader can break a number down by.
create or replace temp macro part_of(chosen, channel, device, type, region, state, plan) as
    case chosen
        when 'channel' then upper(left(channel, 1)) || substr(channel, 2)
        when 'device' then device
        when 'type' then type
        when 'region' then region
        when 'state' then state
        when 'plan' then plan
        else 'All'
    end;

create or replace temp macro to_interval(grain) as
    case grain
        when 'day' then interval '1 day'
        when 'week' then interval '7 days'
        else interval '1 month'
    end;

-- The widest period: what filters are that let every day in.
create or replace temp macro first_of_all() as cast('2000-01-01' as date);

create or replace temp macro last_of_all() as cast('2199-12-31' as date);

-- Whether the day, week or month that holds a day lies in the period and is over.
create or replace temp macro is_whole(grain, day, since, until, now) as
    date_trunc(grain, day) >= since
    and date_trunc(grain, day) + to_interval(grain) <= least(until + 1, utc_day(now));

-- Weeks begin on Monday (ISO 8601).
create or replace temp macro monday(day) as cast(date_trunc('week', day) as date);

create or replace temp macro month_before(day) as
    cast(date_trunc('month', day) - interval '1 month' as date);

-- This week up to today, and the same days of last week; null for any other day.
create or replace temp macro week_to_date(day, now) as
    case
        when day between monday(utc_day(now)) and utc_day(now)
        then 'this'
        when day between monday(utc_day(now)) - 7 and utc_day(now) - 7
        then 'last'
    end;

create or replace temp macro weeks_to_date(now) as table
    select 'this' as week, monday(utc_day(now)) as since, utc_day(now) as until
    union all
    select 'last' as week, monday(utc_day(now)) - 7 as since, utc_day(now) - 7 as until;

-- A filter: what is not chosen from is not narrowed.
create or replace temp macro is_chosen(value, chosen) as
    chosen is null or list_contains(chosen, value);
