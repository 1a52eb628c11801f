{# A plan's price in whole cents a month, half a cent rounded up. #}
{% macro monthly_cents(price_cents, billing_interval) -%}
    cast(
        case
            {{ billing_interval }}
            when 'year'
            then floor({{ price_cents }} / 12.0 + 0.5)
            else {{ price_cents }}
        end as bigint
    )
{%- endmacro %}

{# The first day of the yearly term that a day is in; 29 February becomes the 28th. Before the
   start it is the day a year before the start, or earlier. #}
{% macro term_start(starts_on, day) -%}
    {%- set years = (
        "(extract(year from "
        ~ day
        ~ ") - extract(year from "
        ~ starts_on
        ~ "))"
    ) -%}
    cast(
        case
            when
                cast({{ starts_on }} + {{ years }} * interval '1 year' as date)
                <= {{ day }}
            then {{ starts_on }} + {{ years }} * interval '1 year'
            else {{ starts_on }} + ({{ years }} - 1) * interval '1 year'
        end as date
    )
{%- endmacro %}
