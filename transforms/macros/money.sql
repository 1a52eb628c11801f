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
