{#
  Tables and views that each run creates again: the old one is dropped and the new one created in one transaction. dbt's own
  materialization creates the new one under another name and renames both. That takes twice the statements and a second
  transaction; it is for engines without transactional DDL.
#}
{% materialization table, adapter='duckdb' %}
  {{ return(replaced_whole('table')) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
  {{ return(replaced_whole('view')) }}
{% endmaterialization %}

{% macro replaced_whole(kind) %}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type=kind) -%}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {% if existing_relation is not none and existing_relation.type != kind %}
    {% do adapter.drop_relation(existing_relation) %}
  {% elif existing_relation is not none %}
    {% call statement('removed') -%}
      drop {{ kind }} {{ target_relation }}
    {%- endcall %}
  {% endif %}
  {% call statement('main') -%}
    {{ create_view_as(target_relation, sql) if kind == 'view' else create_table_as(False, target_relation, compiled_code, 'sql') }}
  {%- endcall %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {% do persist_docs(target_relation, model) %}
  {{ adapter.commit() }}
  {{ return({'relations': [target_relation]}) }}
{% endmacro %}
