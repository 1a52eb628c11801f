{# A condition for a test of the marts: rows of an entity that was touched since all tests
   passed, or every row where the marts may have changed anywhere. `marts` are the models that
   the test looks at. A failed test is asked about the same rows again, and more, until it
   passes. #}
{% macro touched(entity, column, marts) -%}
    {%- if _looks_at_all([entity], marts) -%} true
    {%- else -%} {{ column }} = any({{ _touched_ids(entity) }})
    {%- endif -%}
{%- endmacro %}

{# As an array, which is looked up by an index: of a subquery the planner does not know how few
   ids it gives, and reads the whole mart. #}
{% macro _touched_ids(entity) -%}
    array(
        select touched.id
        from landing.touched
        inner join landing.gathering on touched.gathering > gathering.tested
        where touched.entity = '{{ entity }}' and touched.id is not null
    )
{%- endmacro %}

{% macro _looks_at_all(entities, marts) -%}
    {%- if not execute or target.type != "postgres" or flags.FULL_REFRESH -%}
        {{ return(true) }}
    {%- endif -%}
    {%- set row = run_query(
        "select (select tested = 0 from landing.gathering) or exists (select from landing.touched "
        "inner join landing.gathering on touched.gathering > gathering.tested "
        "where touched.id is null and touched.entity in ('"
        ~ (entities + marts)
        | join("', '") ~ "'))"
    ).rows[0] -%}
    {{ return(row[0]) }}
{%- endmacro %}

{# dbt's test of the same name, of what was touched: rows that refer, and what is referred to
   when it is gone. #}
{% macro default__test_relationships(model, column_name, to, field) -%}
    {%- set orphans -%}
        select child.{{ column_name }}
        from {{ model }} as child
        where
            child.{{ column_name }} is not null
            and not exists (
                select 1
                from {{ to }} as parent
                where parent.{{ field }} = child.{{ column_name }}
            )
    {%- endset -%}
    {{ orphans }}
    {%- set child, parent = _meta_of(model), _meta_of(to) -%}
    {%- set wide = child.get("whole_with", []) + parent.get("whole_with", []) -%}
    {%- set entities = (
        [child.get("entity"), parent.get("entity")]
        | select("string")
        | list
    ) -%}
    {%- set marts = [model.identifier, to.identifier] -%}
    {%- if "entity" in child and not _looks_at_all(entities + wide, marts) %}
        and {{ touched(child["entity"], "child." ~ _key_of(child), []) }}
        {%- if "entity" in parent %}
            union all
            {{ orphans }}
            and child.{{ column_name }} = any(
                array(
                    select gone.id
                    from unnest({{ _touched_ids(parent["entity"]) }}) as gone(id)
                    where
                        not exists (
                            select 1
                            from {{ to }} as parent
                            where parent.{{ field }} = gone.id
                        )
                )
            )
        {%- endif %}
    {%- endif %}
{%- endmacro %}

{% macro _meta_of(relation) -%}
    {%- set node = (graph.nodes if execute else {}).get(
        "model.sysops_squad." ~ relation.identifier
    ) -%}
    {{ return(node.config.meta if node else {}) }}
{%- endmacro %}
