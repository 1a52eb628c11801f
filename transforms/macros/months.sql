-- fmt: off
{# A mart that is published by the month says which months were written: a stamp for each, which
   every later write replaces. Those of the table that was there before go with it. #}
{% macro _stamp_months(relation) -%}
    {%- set column = model.config.meta.get("partition_by") -%}
    {%- do run_query("delete from landing.mart_month where mart = '" ~ this.name ~ "'") -%}
    {%- if column -%}
        {%- do run_query("set local timezone = 'UTC'") -%}
        {%- do run_query(
            "insert into landing.mart_month (mart, month) select distinct '" ~ this.name
            ~ "', to_char(" ~ column ~ ", 'YYYY-MM') from " ~ relation
        ) -%}
        {%- set sides = [("insert", "new"), ("update", "old"), ("update", "new"), ("delete", "old")] -%}
        {%- for event, side in sides -%}
            {%- do run_query(
                "create trigger months_" ~ event ~ "_" ~ side ~ " after " ~ event ~ " on " ~ relation
                ~ " referencing " ~ side ~ " table as rows for each statement"
                ~ " execute function landing.stamp_months('" ~ column ~ "')"
            ) -%}
        {%- endfor -%}
        {# A month is read alone. Rows lie nearly in its order, as things happened. #}
        {%- do run_query("create index on " ~ relation ~ " using brin (" ~ column ~ ")") -%}
    {%- endif -%}
{%- endmacro %}
