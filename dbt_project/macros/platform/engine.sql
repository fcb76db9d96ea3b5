{# SQL that differs between engines, behind adapter.dispatch: a second engine needs new macros, not new models. #}

{# Whole-number division, rounding down (both sides not negative). #}
{% macro int_div(numerator, denominator) %}{{ return(adapter.dispatch('int_div')(numerator, denominator)) }}{% endmacro %}
{% macro default__int_div(numerator, denominator) %}(({{ numerator }}) // ({{ denominator }})){% endmacro %}
{% macro spark__int_div(numerator, denominator) %}(({{ numerator }}) div ({{ denominator }})){% endmacro %}

{# Days from one date to another. #}
{% macro days_between(from_date, to_date) %}{{ return(adapter.dispatch('days_between')(from_date, to_date)) }}{% endmacro %}
{% macro default__days_between(from_date, to_date) %}cast(({{ to_date }}) - ({{ from_date }}) as bigint){% endmacro %}
{% macro spark__days_between(from_date, to_date) %}cast(datediff({{ to_date }}, {{ from_date }}) as bigint){% endmacro %}

{# Seconds from one timestamp to another. #}
{% macro seconds_between(from_time, to_time) %}{{ return(adapter.dispatch('seconds_between')(from_time, to_time)) }}{% endmacro %}
{% macro default__seconds_between(from_time, to_time) %}date_diff('second', {{ from_time }}, {{ to_time }}){% endmacro %}
{% macro spark__seconds_between(from_time, to_time) %}(unix_timestamp({{ to_time }}) - unix_timestamp({{ from_time }})){% endmacro %}

{# A timestamp or date plus a number of seconds or days; the number is an expression. #}
{% macro add_seconds(moment, seconds) %}{{ return(adapter.dispatch('add_seconds')(moment, seconds)) }}{% endmacro %}
{% macro default__add_seconds(moment, seconds) %}({{ moment }} + to_seconds({{ seconds }})){% endmacro %}
{% macro spark__add_seconds(moment, seconds) %}({{ moment }} + make_interval(0, 0, 0, 0, 0, 0, {{ seconds }})){% endmacro %}

{% macro add_days(day, days) %}{{ return(adapter.dispatch('add_days')(day, days)) }}{% endmacro %}
{% macro default__add_days(day, days) %}cast({{ day }} + to_days(cast({{ days }} as integer)) as date){% endmacro %}
{% macro spark__add_days(day, days) %}date_add({{ day }}, {{ days }}){% endmacro %}

{# A date or timestamp plus a number of whole months; the number is an expression. #}
{% macro add_months(moment, months) %}{{ return(adapter.dispatch('add_months')(moment, months)) }}{% endmacro %}
{% macro default__add_months(moment, months) %}({{ moment }} + to_months(cast({{ months }} as integer))){% endmacro %}
{% macro spark__add_months(moment, months) %}({{ moment }} + make_interval(0, {{ months }})){% endmacro %}

{# A timestamp plus a number of whole days; the number is an expression. #}
{% macro add_days_to_time(moment, days) %}{{ return(adapter.dispatch('add_days_to_time')(moment, days)) }}{% endmacro %}
{% macro default__add_days_to_time(moment, days) %}({{ moment }} + to_days(cast({{ days }} as integer))){% endmacro %}
{% macro spark__add_days_to_time(moment, days) %}({{ moment }} + make_interval(0, 0, 0, {{ days }})){% endmacro %}

{# All columns of a relation but some, which were needed on the way alone: so that a column is handed on without being named. #}
{% macro all_columns_but(relation, names) %}{{ return(adapter.dispatch('all_columns_but')(relation, names)) }}{% endmacro %}
{% macro default__all_columns_but(relation, names) %}{{ relation }}.* exclude ({{ names | join(', ') }}){% endmacro %}
{% macro spark__all_columns_but(relation, names) %}{{ relation }}.* except ({{ names | join(', ') }}){% endmacro %}

{# The greatest common divisor of two whole numbers. #}
{% macro gcd_of(first, second) %}{{ return(adapter.dispatch('gcd_of')(first, second)) }}{% endmacro %}
{% macro default__gcd_of(first, second) %}gcd({{ first }}, {{ second }}){% endmacro %}

{# The least common multiple of a group's whole numbers, none above 10^9. A result above 10^18 is not exact: it only shows that it is above. #}
{% macro lcm_of(column) %}{{ return(adapter.dispatch('lcm_of')(column)) }}{% endmacro %}
{% macro default__lcm_of(column) -%}
    list_reduce(list(distinct cast({{ column }} as hugeint)), lambda a, b : case when a > 1000000000000000000 then a else lcm(a, b) end)
{%- endmacro %}

{# The texts of a group joined to one, in a given order. #}
{% macro joined_text(expression, separator, order_by) %}{{ return(adapter.dispatch('joined_text')(expression, separator, order_by)) }}{% endmacro %}
{% macro default__joined_text(expression, separator, order_by) %}string_agg({{ expression }}, '{{ separator }}' order by {{ order_by }}){% endmacro %}

{# A text of digits as a whole number of up to 30 digits; null where the text is not one. #}
{% macro whole_number_of(text) %}{{ return(adapter.dispatch('whole_number_of')(text)) }}{% endmacro %}
{% macro default__whole_number_of(text) %}try_cast({{ text }} as decimal(30, 0)){% endmacro %}

{# The value of a group's first row in a given order. #}
{% macro first_by(expression, order_by) %}{{ return(adapter.dispatch('first_by')(expression, order_by)) }}{% endmacro %}
{% macro default__first_by(expression, order_by) %}arg_min({{ expression }}, {{ order_by }}){% endmacro %}

{# A telephone number in the form in which numbers are compared: a leading + becomes 00, and separators between digits are removed (SPEC 3.1); like orchestration/telephone_numbers.py. #}
{% macro normalised_number(column) %}{{ return(adapter.dispatch('normalised_number')(column)) }}{% endmacro %}
{% macro default__normalised_number(column) -%}
    translate(case when starts_with({{ column }}, '+') then '00' || substring({{ column }}, 2) else {{ column }} end, ' -().#*', '')
{%- endmacro %}
