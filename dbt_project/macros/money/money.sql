{# Exact money: types, and the only places where an amount is rounded. No division of decimals anywhere. #}

{# Bill-level money: two decimals. #}
{% macro money() %}decimal(18, 2){% endmacro %}

{# Call amounts, rates and fees: up to six decimals. #}
{% macro call_money() %}decimal(18, 6){% endmacro %}

{# Sums of call and bill amounts over a day or a month. #}
{% macro money_sum() %}decimal(24, 6){% endmacro %}

{# An exact decimal, rounded half away from zero to two decimals (round() of a DECIMAL is exact on the engines we use). #}
{% macro round_half_up(amount) %}cast(round({{ amount }}, 2) as {{ money() }}){% endmacro %}

{# Millionths of a price as a whole number: exact, prices have six decimals at most. #}
{% macro millionths(amount) %}cast({{ amount }} * 1000000 as bigint){% endmacro %}

{# Hundredths of a two-decimal amount as a whole number. #}
{% macro hundredths(amount) %}cast({{ amount }} * 100 as bigint){% endmacro %}

{# numerator ÷ denominator, both whole and not negative, as whole hundredths rounded half up: (2n + d) div 2d. #}
{% macro divided_to_cents(numerator, denominator) -%}
    cast(
        cast({{ int_div('2 * cast(' ~ numerator ~ ' as hugeint) + cast(' ~ denominator ~ ' as hugeint)', '2 * cast(' ~ denominator ~ ' as hugeint)') }} as bigint)
        * cast(0.01 as decimal(3, 2))
    as {{ money() }})
{%- endmacro %}

{# numerator ÷ denominator, both whole and not negative, as whole hundredths rounded up: the least amount that is as much. #}
{% macro divided_up_to_cents(numerator, denominator) -%}
    cast(
        cast({{ int_div('cast(' ~ numerator ~ ' as hugeint) + cast(' ~ denominator ~ ' as hugeint) - 1', denominator) }} as bigint)
        * cast(0.01 as decimal(3, 2))
    as {{ money() }})
{%- endmacro %}

{# A ratio for people to read, never rounded; null where the denominator is 0. Not for further money arithmetic. #}
{% macro ratio(numerator, denominator) -%}
    cast(cast({{ numerator }} as double) / cast(nullif({{ denominator }}, 0) as double) as double)
{%- endmacro %}
