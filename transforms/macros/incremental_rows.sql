-- fmt: off
{# The table without a key or an index is filled faster; both come when its rows are there.
   Every row is joined: a nested loop would be a mistake of the planner's. #}
{% macro _build_whole(target_relation, sql, key) -%}
    {%- set new = make_intermediate_relation(target_relation) -%}
    {%- do run_query("set local enable_nestloop = off") -%}
    {%- call statement("main") -%} {{ get_create_table_as_sql(False, new, sql) }} {%- endcall -%}
    {%- set first = adapter.get_columns_in_relation(new)[0].name -%}
    {%- do run_query("alter table " ~ new ~ " add primary key (" ~ first ~ ")") -%}
    {%- if key != first -%} {%- do run_query("create index on " ~ new ~ " (" ~ key ~ ")") -%} {%- endif -%}
    {%- do create_indexes(new) -%}
    {{ _stamp_months(new) }}
    {%- do run_query("analyze " ~ new) -%}
{%- endmacro %}

{# One entity after the other, each found by its key: `offset 0` keeps the planner from joining
   all of them at once, for which it would compute every row of the model's SQL first. #}
{% macro _build_changes(target_relation, sql, key) -%}
    {%- set columns = adapter.get_columns_in_relation(target_relation) | map(attribute="quoted") | join(", ") -%}
    {%- do run_query("alter table touched_now add primary key (id)") -%}
    {%- do run_query("analyze touched_now") -%}
    {%- do run_query("set local enable_seqscan = off; set local jit = off") -%}
    {%- do run_query(
        "delete from " ~ target_relation ~ " as it using touched_now where it." ~ key ~ " = touched_now.id"
    ) -%}
    {%- call statement("main") -%}
        insert into {{ target_relation }} ({{ columns }})
        select {{ columns }}
        from touched_now
        cross join lateral (
            select * from (
                {{ sql }}
            ) as it
            where it.{{ key }} = touched_now.id
            offset 0
        ) as found
    {%- endcall -%}
{%- endmacro %}

{# The primary key is added when the rows are there: see _build_whole. #}
{% macro postgres__get_table_columns_and_constraints() -%}
    (
    {% for column in adapter.render_raw_columns_constraints(raw_columns=model["columns"]) -%}
        {{ column | replace(" primary key", "") }}{{ "," if not loop.last }}
    {% endfor -%}
    )
{%- endmacro %}
