{#
  A table whose days are replaced as a whole. In one transaction the rows of the days in raw.stale_days are deleted and the
  model's rows are inserted. The model selects the rows of the stale days only. Unlike dbt's delete+insert this needs no copy
  of the new rows, and a day that has no rows any more becomes empty. It is idempotent.
  With `and_later` the rows of every day from the first stale one on are replaced, for results that depend on earlier days.
  With `nothing_without`, the name of a table of the same schema that the model selects from, nothing is computed while that
  table is empty.
#}
{% materialization replaced_by_day, adapter='duckdb' %}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set day_column = config.get('day_column', 'call_date') -%}
  {%- set needed = config.get('nothing_without') -%}
  {%- set rows = compiled_code -%}
  {%- if needed and run_query('select count(*) from ' ~ this.incorporate(path={'identifier': needed})).rows[0][0] == 0 -%}
    {%- set rows = 'select * from (' ~ compiled_code ~ '\n) limit 0' -%}
  {%- endif -%}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {% if existing_relation is none %}
    {% call statement('main') -%}
      create table {{ target_relation }} as {{ rows }}
    {%- endcall %}
  {% else %}
    {% call statement('emptied') -%}
      delete from {{ target_relation }} where {{ day_column }}
      {%- if config.get('and_later', false) %} >= (select min(stale.call_date) from {{ source('raw', 'stale_days') }} as stale)
      {%- else %} in (select stale.call_date from {{ source('raw', 'stale_days') }} as stale){% endif %}
    {%- endcall %}
    {% call statement('main') -%}
      insert into {{ target_relation }} by name {{ rows }}
    {%- endcall %}
  {% endif %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {% do persist_docs(target_relation, model) %}
  {{ adapter.commit() }}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
