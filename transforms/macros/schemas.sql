{# Schemas are the layers, named as they are: one database holds one warehouse. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}

{% macro let_the_publisher_read() -%}
    {%- if target.type == "postgres" -%}
        alter default privileges in schema marts grant select on tables to publisher
    {%- else -%} select 1
    {%- endif -%}
{%- endmacro %}
