{# At the start of a run: take what landed tables say of their changes, and note which tickets,
   customers ... (the variable `entities`) must be computed again because of which table. What a
   landing has not committed yet is not seen and stays for the next gathering. #}
{% macro gather_what_changed() -%}
    {{ return(adapter.dispatch("gather_what_changed")()) }}
{%- endmacro %}

{% macro duckdb__gather_what_changed() -%} select 1 {%- endmacro %}

{% macro postgres__gather_what_changed() -%}
    begin
    ;
    -- One at a time; what follows sees what the one before left.
    select
    from landing.gathering
    for update
    ;
    {{ forget_removed_models() }}
    delete from landing.touched
    where
        gathering <= least(
            (select tested from landing.gathering),
            (select min(gathering) from landing.built)
        )
    ;
    with
        taken as (delete from landing.change returning table_name, column_name, id),
        day as (
            select cast(min(as_of) at time zone 'UTC' as date) as as_of_date
            from landing.watermark
        ),
        found as (
            {{ _found_directly() }}
            {%- for entity, how in var("entities").items() %}
                {%- for lookup in how.get("lookups", []) %}
                    union
                    {{ _found_by_lookup(entity, lookup) }}
                {%- endfor %}
            {%- endfor %}
            union
            select 'day', cast(null as uuid), cast(null as text)
            from day, landing.gathering as last
            where day.as_of_date is distinct from last.as_of_date
        ),
        noted as (
            insert into landing.touched(gathering, entity, id, table_name)
            select last.number + 1, found.entity, found.id, found.table_name
            from found, landing.gathering as last
        )
        update landing.gathering
        set number = number + 1,
        as_of_date = day.as_of_date
    from day
    ;
    commit
    ;
    analyze landing.touched
{%- endmacro %}

{% macro _found_directly() -%}
    {%- set places = [] -%}
    {%- for entity, how in var("entities").items() -%}
        {%- for place in how["changed"] -%}
            {%- set table, _, column = place.partition(".") -%}
            {%- do places.append(
                "('" ~ entity ~ "', '" ~ table ~ "', '" ~ column ~ "')"
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    select place.entity, taken.id, taken.table_name
    from taken
    inner join
        (values {{ places | join(", ") }}) as place(entity, table_name, column_name)
        on place.table_name = taken.table_name
        and (taken.id is null or place.column_name = taken.column_name)
{%- endmacro %}

{# Rows of another table that name what changed. #}
{% macro _found_by_lookup(entity, lookup) -%}
    {%- set table, _, column = lookup["changed"].partition(".") -%}
    select '{{ entity }}', there.{{ lookup["id"] }}, taken.table_name
    from taken
    inner join {{ lookup["in"] }} as there on there.{{ lookup["by"] }} = taken.id
    where taken.table_name = '{{ table }}' and taken.column_name = '{{ column }}'
    union
    select '{{ entity }}', cast(null as uuid), taken.table_name
    from taken
    where taken.table_name = '{{ table }}' and taken.id is null
{%- endmacro %}
