{# A place as coarse as the warehouse knows it: a state and the first three digits of a ZIP. #}
{% macro location_key(state, zip3) -%}
    ({{ state }} || '-' || {{ zip3 }})
{%- endmacro %}
