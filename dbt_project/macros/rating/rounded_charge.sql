{#
  The call's amount: total_price ÷ (price_denominator × 1 000 000), rounded once by the plan's mode to its decimals
  (SPEC 5, rounding). Whole numbers throughout: with n = total × 10^decimals and d = denominator × 10^6,
  half_up = (2n + d) div 2d, up = (n + d − 1) div d, down = n div d; then scaled to six decimals.
#}
{% macro rounded_charge(total_price, price_denominator, rounding_mode, rounding_decimals) -%}
    {%- set n = '(cast(' ~ total_price ~ ' as hugeint) * ' ~ power_of_ten(rounding_decimals) ~ ')' -%}
    {%- set d = '(cast(' ~ price_denominator ~ ' as hugeint) * 1000000)' -%}
    cast(
        cast(
            case {{ rounding_mode }}
                when 'up' then {{ int_div(n ~ ' + ' ~ d ~ ' - 1', d) }}
                when 'down' then {{ int_div(n, d) }}
                else {{ int_div('2 * ' ~ n ~ ' + ' ~ d, '2 * ' ~ d) }}
            end * {{ power_of_ten('6 - ' ~ rounding_decimals) }}
        as bigint)
        * cast(0.000001 as decimal(7, 6))
    as {{ call_money() }})
{%- endmacro %}

{# 10 to a small whole power, as a whole number. #}
{% macro power_of_ten(exponent) -%}
    (case {{ exponent }} when 0 then 1 when 1 then 10 when 2 then 100 when 3 then 1000 when 4 then 10000 when 5 then 100000 when 6 then 1000000 end)
{%- endmacro %}
