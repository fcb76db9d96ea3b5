{#
  Numbers as dialled. orchestration/rating/dialling.py has the same rule in Python, for one number: rules are tried in their
  order, each once, on the digits that the rules before it left.
#}

{# Rules of a group as a list, in the order in which they are tried; the fields are those of the Python rule. #}
{% macro listed_rules(rules, fault) %}{{ return(adapter.dispatch('listed_rules')(rules, fault)) }}{% endmacro %}
{% macro default__listed_rules(rules, fault) -%}
    list({
        'code': {{ rules }}.code, 'min_rest_digits': {{ rules }}.min_rest_digits, 'tariff_plan_id': {{ rules }}.tariff_plan_id,
        'zone_id': {{ rules }}.zone_id, 'fault': {{ fault }}
    } order by {{ rules }}.rule_order)
{%- endmacro %}

{# Whether the number begins with the code of any rule. Otherwise it keeps all its digits, and this check is all the work. #}
{% macro starts_with_any(number, rules) %}{{ return(adapter.dispatch('starts_with_any')(number, rules)) }}{% endmacro %}
{% macro default__starts_with_any(number, rules) %}coalesce(list_bool_or(list_transform({{ rules }}, lambda r : starts_with({{ number }}, r.code))), false){% endmacro %}

{# A number without * and #; only a number that begins with one of them (a service code) keeps them. #}
{% macro without_code_signs(number) -%}
    case when substring({{ number }}, 1, 1) in ('*', '#') then {{ number }} else translate({{ number }}, '*#', '') end
{%- endmacro %}

{#
  The rest of a number and the places of the rules that stripped it, as text: '1062345678+1+4' was stripped by the first and
  the fourth rule. It is one text, because a fold over a struct takes five times as long. The lambda names no column, because
  inside list_reduce it may be read from another row (github.com/duckdb/duckdb/issues/25816). The linter does not know a lambda
  with a value after it. A rest that does not begin with * or # is an ordinary number: only its digits are kept.
#}
{% macro strip_codes(number, rules) %}{{ return(adapter.dispatch('strip_codes')(number, rules)) }}{% endmacro %}
{% macro default__strip_codes(number, rules) -%}
    {%- set code = "substring(r, strpos(r, ':') + 1)" -%}
    list_reduce(
        list_transform({{ rules }}, lambda r : r.min_rest_digits || ':' || r.code),
        lambda s, r, i : case
            when
                starts_with(s, {{ code }})
                and length(translate(substring(split_part(s, '+', 1), length({{ code }}) + 1), '*#', '')) >= cast(split_part(r, ':', 1) as integer)
                then {{ without_code_signs("substring(s, length(" ~ code ~ ") + 1)") }} || '+' || i
            else s
        end,
        {{ number }}
    )
{%- endmacro %}

{# The rest of the number, from the result of strip_codes. #}
{% macro stripped_rest(stripped) %}{{ return(adapter.dispatch('stripped_rest')(stripped)) }}{% endmacro %}
{% macro default__stripped_rest(stripped) %}split_part({{ stripped }}, '+', 1){% endmacro %}

{# The stripped codes in order, joined by '+', from the result of strip_codes. #}
{% macro stripped_codes(stripped, rules) %}{{ return(adapter.dispatch('stripped_codes')(stripped, rules)) }}{% endmacro %}
{% macro default__stripped_codes(stripped, rules) -%}
    array_to_string(list_transform(string_split({{ stripped }}, '+')[2:], lambda p : {{ rules }}[cast(p as integer)].code), '+')
{%- endmacro %}

{# The first value of a field of the rules that stripped a code, from the result of strip_codes; null where no rule has one. #}
{% macro first_of_stripped(stripped, rules, field) %}{{ return(adapter.dispatch('first_of_stripped')(stripped, rules, field)) }}{% endmacro %}
{% macro default__first_of_stripped(stripped, rules, field) -%}
    list_filter(
        list_transform(string_split({{ stripped }}, '+')[2:], lambda p : {{ rules }}[cast(p as integer)].{{ field }}),
        lambda v : v is not null
    )[1]
{%- endmacro %}

{# The destinations of a group, the deepest first: along one number, deeper destinations have greater destination_ids. #}
{% macro listed_destinations() %}{{ return(adapter.dispatch('listed_destinations')()) }}{% endmacro %}
{% macro default__listed_destinations() -%}
    list({'prefix': prefix, 'valid_from': valid_from, 'valid_to': valid_to, 'destination_id': destination_id} order by destination_id desc)
{%- endmacro %}

{# The deepest destination of a list that the number begins with and that is in force on the day. #}
{% macro deepest_listed(number, day, destinations) %}{{ return(adapter.dispatch('deepest_listed')(number, day, destinations)) }}{% endmacro %}
{% macro default__deepest_listed(number, day, destinations) -%}
    list_filter(
        {{ destinations }},
        lambda d : starts_with({{ number }}, d.prefix) and {{ day }} >= d.valid_from and {{ day }} < d.valid_to
    )[1].destination_id
{%- endmacro %}
