{# The dimensions of the collection rates, each with the column of a bill that holds it. #}
{% macro collection_dimensions() %}
    {{ return({
        'branch': "'branch'",
        'business_unit': 'business_unit_id',
        'agent': 'agent_id',
        'outlet': 'outlet_id',
        'customer_class': 'customer_class',
    }) }}
{% endmacro %}
