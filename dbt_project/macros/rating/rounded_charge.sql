{#
  The call's amount: total ÷ (price_denominator × 1 000 000), rounded once by the plan's mode to its decimals (SPEC 5, rounding).
  All steps use whole numbers: with d = price_denominator × 10^(6 − decimals), one unit of the last decimal in scaled millionths,
  half_up = (2 × total + d) div 2d, up = (total + d − 1) div d, down = total div d units: (total × factor + offset) div divisor.
#}
{% macro rounding_terms(versions) -%}
    {%- set unit = power_of_ten('6 - ' ~ versions ~ '.rounding_decimals') -%}
    {%- set d = '(cast(' ~ versions ~ '.price_denominator as hugeint) * ' ~ unit ~ ')' -%}
    {%- set mode = versions ~ '.rounding_mode' -%}
    case {{ mode }} when 'half_up' then 2 else 1 end as rounding_factor,
    case {{ mode }} when 'half_up' then {{ d }} when 'up' then {{ d }} - 1 else 0 end as rounding_offset,
    case {{ mode }} when 'half_up' then 2 * {{ d }} else {{ d }} end as rounding_divisor,
    {{ unit }} as rounding_unit
{%- endmacro %}

{# A number of units of the last decimal, each of `unit` millionths, as money of at most `digits` digits. #}
{% macro amount_of_units(units, unit, digits) -%}
    cast(cast({{ units }} * {{ unit }} as decimal({{ digits }}, 0)) * cast(0.000001 as decimal(7, 6)) as {{ call_money() }})
{%- endmacro %}

{# A small whole power of 10, as a whole number. #}
{% macro power_of_ten(exponent) -%}
    (case {{ exponent }} when 0 then 1 when 1 then 10 when 2 then 100 when 3 then 1000 when 4 then 10000 when 5 then 100000 when 6 then 1000000 end)
{%- endmacro %}
