{# Minutes from one moment to another, with fractions; null when either is missing. By way of
   whole microseconds, so that every engine gives the same number to the last bit. #}
{% macro minutes_between(start, end) -%}
    (
        cast(
            {{ adapter.dispatch("microseconds_between")(start, end) }}
            as double precision
        )
        / 60000000
    )
{%- endmacro %}

{% macro postgres__microseconds_between(start, end) -%}
    cast(extract(epoch from ({{ end }} - {{ start }})) * 1000000 as bigint)
{%- endmacro %}

{% macro duckdb__microseconds_between(start, end) -%}
    epoch_us(({{ end }}) - ({{ start }}))
{%- endmacro %}

{# The day on a wall clock in a time zone. #}
{% macro day_in(moment, time_zone) -%}
    cast({{ moment }} at time zone {{ time_zone }} as date)
{%- endmacro %}

{# The first day of the month, in UTC: what facts are partitioned by. #}
{% macro utc_month(moment) -%}
    cast(date_trunc('month', {{ moment }} at time zone 'UTC') as date)
{%- endmacro %}

{# In a select list: one row a step from one date to another, both included. #}
{% macro date_series(start, end, step) -%}
    {{ return(adapter.dispatch("date_series")(start, end, step)) }}
{%- endmacro %}

{% macro postgres__date_series(start, end, step) -%}
    generate_series(
        cast({{ start }} as timestamp),
        cast({{ end }} as timestamp),
        interval '{{ step }}'
    )
{%- endmacro %}

{% macro duckdb__date_series(start, end, step) -%}
    unnest(
        generate_series(
            cast({{ start }} as timestamp),
            cast({{ end }} as timestamp),
            interval '{{ step }}'
        )
    )
{%- endmacro %}
