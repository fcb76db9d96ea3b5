{#
  No key stands twice, and no part of a key is missing (parts named in nullable_columns apart): a table's grain, held by one
  pass over it. Used for single keys too, as it is `unique` and `not_null` at the price of one.
#}
{% test unique_key(model, columns, nullable_columns=[]) %}
select
    {{ columns | join(', ') }},
    count(*) as rows_with_key
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {%- for column in columns if column not in nullable_columns %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
