{#
  Numbers as dialled. The rule for one number in plain words and in Python is orchestration/rating/dialling.py: rules are tried
  in their order, each once, on what the rules before it left.
#}

{# Values of a group as a list, in an order of their own; nulls keep their place. #}
{% macro listed(expression, order_by) %}{{ return(adapter.dispatch('listed')(expression, order_by)) }}{% endmacro %}
{% macro default__listed(expression, order_by) %}list({{ expression }} order by {{ order_by }}){% endmacro %}

{# Whether any of a list's codes starts the number: a number where none does keeps every digit, and costs no more than this. #}
{% macro starts_with_any(number, codes) %}{{ return(adapter.dispatch('starts_with_any')(number, codes)) }}{% endmacro %}
{% macro default__starts_with_any(number, codes) %}coalesce(list_bool_or(list_transform({{ codes }}, lambda c : starts_with({{ number }}, c))), false){% endmacro %}

{#
  The rest of a number and the places of the rules that stripped it, as text: '1062345678+1+4' was stripped by the first and
  the fourth rule. One text, for a fold that carries a struct is five times as slow.
#}
{% macro strip_codes(number, codes, least_rests) %}{{ return(adapter.dispatch('strip_codes')(number, codes, least_rests)) }}{% endmacro %}
{% macro default__strip_codes(number, codes, least_rests) -%}
    list_reduce(
        {{ codes }},
        lambda s, c, i : case
            when starts_with(s, c) and strpos(s || '+', '+') - 1 - length(c) >= {{ least_rests }}[i]
                then substring(s, length(c) + 1) || '+' || i
            else s
        end,
        {{ number }}
    )
{%- endmacro %}

{# Of what strip_codes gave: the rest. #}
{% macro stripped_rest(stripped) %}{{ return(adapter.dispatch('stripped_rest')(stripped)) }}{% endmacro %}
{% macro default__stripped_rest(stripped) %}split_part({{ stripped }}, '+', 1){% endmacro %}

{# Of what strip_codes gave: the stripped codes in order, joined by '+'. #}
{% macro stripped_codes(stripped, codes) %}{{ return(adapter.dispatch('stripped_codes')(stripped, codes)) }}{% endmacro %}
{% macro default__stripped_codes(stripped, codes) -%}
    array_to_string(list_transform(string_split({{ stripped }}, '+')[2:], lambda p : {{ codes }}[cast(p as integer)]), '+')
{%- endmacro %}

{# Of what strip_codes gave: the first value that a rule which stripped a code has; null where none has one. #}
{% macro first_of_stripped(stripped, listed_values) %}{{ return(adapter.dispatch('first_of_stripped')(stripped, listed_values)) }}{% endmacro %}
{% macro default__first_of_stripped(stripped, listed_values) -%}
    list_filter(
        list_transform(string_split({{ stripped }}, '+')[2:], lambda p : {{ listed_values }}[cast(p as integer)]),
        lambda v : v is not null
    )[1]
{%- endmacro %}

{# Destinations of a group, the deepest first: destination_id grows with the depth along one number. #}
{% macro listed_destinations() %}{{ return(adapter.dispatch('listed_destinations')()) }}{% endmacro %}
{% macro default__listed_destinations() -%}
    list({'prefix': prefix, 'valid_from': valid_from, 'valid_to': valid_to, 'destination_id': destination_id} order by destination_id desc)
{%- endmacro %}

{# The deepest of a list's destinations that starts the number and is in force on the day. #}
{% macro deepest_listed(number, day, destinations) %}{{ return(adapter.dispatch('deepest_listed')(number, day, destinations)) }}{% endmacro %}
{% macro default__deepest_listed(number, day, destinations) -%}
    list_filter(
        {{ destinations }},
        lambda d : starts_with({{ number }}, d.prefix) and {{ day }} >= d.valid_from and {{ day }} < d.valid_to
    )[1].destination_id
{%- endmacro %}
