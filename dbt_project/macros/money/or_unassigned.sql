{# The id of whom something belongs to, or the word for nobody: a table of money has a row for it, so that its rows sum to the total. #}
{% macro or_unassigned(id) %}coalesce({{ id }}, 'unassigned'){% endmacro %}
