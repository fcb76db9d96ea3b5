{#
  A table whose days are replaced whole: the rows of raw.stale_days go, the model's rows come, in one transaction.
  The model selects the rows of the stale days only. Unlike dbt's delete+insert it needs no copy of the new rows, and a
  day that has no rows any more is emptied. Run twice it gives the same table.
#}
{% materialization replaced_by_day, adapter='duckdb' %}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set day_column = config.get('day_column', 'call_date') -%}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {% if existing_relation is none %}
    {% call statement('main') -%}
      create table {{ target_relation }} as {{ compiled_code }}
    {%- endcall %}
  {% else %}
    {% call statement('emptied') -%}
      delete from {{ target_relation }} where {{ day_column }} in (select stale.call_date from {{ source('raw', 'stale_days') }} as stale)
    {%- endcall %}
    {% call statement('main') -%}
      insert into {{ target_relation }} by name {{ compiled_code }}
    {%- endcall %}
  {% endif %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {% do persist_docs(target_relation, model) %}
  {{ adapter.commit() }}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
