{# The seconds of a rate's unit, reduced by its price: the smallest factor that makes the price of an increment, in millionths, a whole number. #}
{% macro reduced_unit(rates) -%}
    cast({{ int_div(
        'greatest(' ~ rates ~ '.rate_unit_seconds, 1)',
        gcd_of('greatest(' ~ rates ~ '.rate_unit_seconds, 1)', millionths('abs(' ~ rates ~ '.rate)') ~ ' * greatest(' ~ rates ~ '.increment_seconds, 1)')
    ) }} as bigint)
{%- endmacro %}

{# The largest denominator used for prices; int_tariff_faults names the rates that need a larger one. #}
{% macro largest_price_denominator() %}1000000000000000000{% endmacro %}
