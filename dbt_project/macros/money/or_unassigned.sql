{# The id of the owner, or `unassigned` where there is none. Tables of money have a row for it, so their rows sum to the total. #}
{% macro or_unassigned(id) %}coalesce({{ id }}, 'unassigned'){% endmacro %}
