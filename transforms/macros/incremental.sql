-- fmt: off
{# A mart that grows. Its YAML names an `entity`, and its SQL gives all rows of one entity from
   that entity's rows alone. A build computes the entities again that were touched since the
   mart's last build (macros/gathering.sql): it deletes their rows and inserts what its SQL gives
   for each now. It makes the whole table when there is none, when the SQL of it or of anything
   under it changed, when something touched all entities, when one of `whole_with` was touched,
   when there is too much to look up one by one, and with --full-refresh.
   Rows and how far they are built are committed together. See docs/decisions/0055. #}
{% materialization incremental, adapter = "postgres" %}
    {%- set target_relation = this.incorporate(type="table") -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set swapped_out = make_backup_relation(target_relation, "table") -%}
    {%- set key = _key_of(model.config.meta) -%}
    {{ drop_relation_if_exists(load_cached_relation(make_intermediate_relation(target_relation))) }}
    {{ drop_relation_if_exists(load_cached_relation(swapped_out)) }}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- call statement("one_build_at_a_time", auto_begin=True) -%}
        select pg_advisory_xact_lock(hashtextextended('build {{ this }}', 0))
    {%- endcall -%}
    {%- set state = _state_of(model) -%}
    {%- set anew = existing_relation is none or not existing_relation.is_table
        or should_full_refresh() or state["mark"] != _mark_of(model) or not _mark_of(model) -%}
    {%- set much = "all" if anew or state["all_touched"] else _how_much(key, state) -%}
    {%- if much == "all" -%}
        {{ _build_whole(target_relation, sql, key) }}
        {%- if existing_relation is not none -%}
            {%- do adapter.rename_relation(existing_relation, swapped_out) -%}
        {%- endif -%}
        {%- do adapter.rename_relation(make_intermediate_relation(target_relation), target_relation) -%}
    {%- elif much == "some" -%}
        {{ _build_changes(target_relation, sql, key) }}
    {%- else -%}
        {%- call statement("main") -%} select where false {%- endcall -%}
    {%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ _remember(model, state["number"], anew) }}
    {%- do adapter.commit() -%}
    {{ drop_relation_if_exists(load_cached_relation(swapped_out)) }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{# On DuckDB everything is built whole. #}
{% materialization incremental, adapter = "duckdb", supported_languages = ["sql", "python"] %}
    {{ return(materialization_table_duckdb()) }}
{% endmaterialization %}

{# The column that says to which entity a row belongs. #}
{% macro _key_of(meta) -%} {{ return(meta.get("key", meta["entity"] ~ "_id")) }} {%- endmacro %}
