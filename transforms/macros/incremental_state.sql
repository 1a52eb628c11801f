-- fmt: off
{# A hash of the SQL of a model and of all under it; without one it is built whole. #}
{% macro _mark_of(node) -%}
    {{ return(fromjson(env_var("SQUAD_DBT_MARKS", "{}")).get(node.name, "")) }}
{%- endmacro %}

{% macro _state_of(node) -%}
    {%- set meta = node.config.meta -%}
    {%- set whole_with = meta.get("whole_with", []) + ["nothing else"] -%}
    {%- set concerns = _concerns(node) -%}
    {%- set row = run_query(
        "select gathering.number, built.gathering, built.mark, exists ("
        "select from landing.touched where touched.gathering > built.gathering and ("
        "(entity = '" ~ meta["entity"] ~ "' and id is null and " ~ concerns ~ ") "
        "or entity in ('" ~ whole_with | join("', '") ~ "'))) "
        "from landing.gathering left join landing.built on model = '" ~ node.name ~ "'"
    ).rows[0] -%}
    {{ return({
        "number": row[0], "built": row[1], "mark": row[2], "all_touched": row[3], "concerns": concerns
    }) }}
{%- endmacro %}

{# Whether what was touched was so by a table that this model is made of: a ticket's survey changes
   nothing of its visits. What no table touched, or nobody knows which, concerns all. #}
{% macro _concerns(node) -%}
    {{ return("(table_name is null or table_name in ('" ~ _tables_under(node) | join("', '") ~ "'))") }}
{%- endmacro %}

{% macro _tables_under(node) -%}
    {%- set found = [] -%}
    {%- for name in node.depends_on.get("nodes", []) -%}
        {%- if name.startswith("source.") -%} {%- do found.append(graph.sources[name].identifier) -%}
        {%- else -%} {%- do found.extend(_tables_under(graph.nodes[name])) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found | unique | list) }}
{%- endmacro %}

{# Puts what is to be computed into a temporary table, and says whether that is nothing, some,
   or so much that all is as soon made anew. #}
{% macro _how_much(key, state) -%}
    {%- do run_query(
        "create temporary table touched_now on commit drop as select distinct id "
        "from landing.touched where entity = '" ~ model.config.meta["entity"] ~ "' "
        "and gathering > " ~ state["built"] ~ " and " ~ state["concerns"]
    ) -%}
    {%- set row = run_query(
        "select case when count(*) = 0 then 'nothing' when count(*) > 1000 and count(*) * 5 > "
        "(select reltuples from pg_class where oid = '" ~ this ~ "'::regclass) then 'all' "
        "else 'some' end from touched_now"
    ).rows[0] -%}
    {{ return(row[0]) }}
{%- endmacro %}

{# A mart is as far as the least far of what it is made of. Tests look at all rows of a new one. #}
{% macro _remember(node, number, anew) -%}
    {%- set under = ["nothing"] -%}
    {%- for one in entity_models_under(node) -%} {%- do under.append(one.name) -%} {%- endfor -%}
    {%- do run_query(
        "insert into landing.built (model, mark, gathering) "
        "select '" ~ node.name ~ "', '" ~ _mark_of(node) ~ "', least(" ~ number ~ ", min(gathering)) "
        "from landing.built where model in ('" ~ under | join("', '") ~ "') "
        "on conflict (model) do update set mark = excluded.mark, gathering = excluded.gathering"
    ) -%}
    {%- if anew -%}
        {%- do run_query(
            "insert into landing.touched (gathering, entity) values (" ~ number ~ ", '" ~ node.name ~ "')"
        ) -%}
    {%- endif -%}
{%- endmacro %}

{# Through views, the nearest models that are built by entity. #}
{% macro entity_models_under(node) -%}
    {%- set found = [] -%}
    {%- for name in node.depends_on.nodes -%}
        {%- set one = graph.nodes.get(name) -%}
        {%- if one and one.resource_type == "model" -%}
            {%- if one.config.materialized == "incremental" -%} {%- do found.append(one) -%}
            {%- elif one.config.materialized == "view" -%} {%- do found.extend(entity_models_under(one)) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# What nobody builds any more must not keep what was touched forever. #}
{% macro forget_removed_models() -%}
    {%- if execute -%}
        {%- set names = [] -%}
        {%- for node in graph.nodes.values() -%}
            {%- if node.resource_type == "model" -%}
                {%- do names.append(node.name) -%}
            {%- endif -%}
        {%- endfor -%}
        delete from landing.built
        where model not in ('{{ names | join("', '") }}')
        ;
    {%- endif -%}
{%- endmacro %}
