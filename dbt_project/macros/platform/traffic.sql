{# Traffic measures (SPEC 9) over rows with seizures, answers, effective_seizures, begun_seconds and conversation_seconds. #}

{% macro traffic_measures() -%}
    cast(sum(seizures) as bigint) as seizures,
    cast(sum(answers) as bigint) as answers,
    cast(sum(conversation_seconds) as bigint) as conversation_seconds,
    cast(sum(conversation_seconds) as double) / 3600 as erlangs,
    {{ ratio('sum(answers)', 'sum(seizures)') }} as asr,
    {{ ratio('sum(effective_seizures)', 'sum(seizures)') }} as ner,
    {{ ratio('sum(begun_seconds)', 'sum(answers)') }} as acd_seconds
{%- endmacro %}

{#
  Erlang-B, the share of calls that find all circuits busy (ITU-T E.501), by the inverse recursion
  1/B(0) = 1, 1/B(n) = 1 + n/load × 1/B(n−1). Null where circuits or load are not known; 0 at load 0.
  The list contains n/load, because in DuckDB 1.5 the lambda of list_reduce must not name a column: where the lists of a table
  differ in length, it reads the column of another row.
#}
{% macro erlang_b(load, circuits) %}{{ return(adapter.dispatch('erlang_b')(load, circuits)) }}{% endmacro %}
{% macro default__erlang_b(load, circuits) -%}
    case
        when {{ circuits }} is null or {{ load }} is null then null
        when {{ load }} = 0 then cast(0 as double)
        else 1 / list_reduce(
            list_transform(range(1, cast({{ circuits }} as bigint) + 1), lambda n : n / {{ load }}),
            lambda inverse, step : 1 + step * inverse,
            cast(1 as double)
        )
    end
{%- endmacro %}

{#
  The smallest number of circuits with Erlang B(load, circuits) ≤ the lost share; 1 at load 0. The recursion keeps the
  inverse while it is below 1 ÷ share; then it keeps n/load as a negative number. load + 10·√load + 20 circuits are more
  than any load needs at 1 %.
#}
{% macro circuits_needed(load, share='0.01') %}{{ return(adapter.dispatch('circuits_needed')(load, share)) }}{% endmacro %}
{% macro default__circuits_needed(load, share) -%}
    case
        when {{ load }} = 0 then cast(1 as bigint)
        else cast(round({{ load }} * -list_reduce(
            list_transform(range(1, cast(ceil({{ load }}) + 10 * ceil(sqrt({{ load }})) + 20 as bigint)), lambda n : n / {{ load }}),
            lambda inverse, step :
                case
                    when inverse < 0 then inverse
                    when 1 + step * inverse >= 1 / {{ share }} then -step
                    else 1 + step * inverse
                end,
            cast(1 as double)
        )) as bigint)
    end
{%- endmacro %}

{#
  Whether a row of int_calls_judged is a call that took place (SPEC 9). Its state is one of other_day to rated: it is not
  malformed, held, duplicate or a piece of a joined call. And it is not the settlement twin of another record.
#}
{% macro is_traffic(calls=none) -%}
    {%- set of = calls ~ '.' if calls else '' -%}
    {{ of }}state in ('other_day', 'not_answered', 'not_charged', 'undocumented', 'unrated', 'rated')
    and {{ of }}twin_call_id is null
{%- endmacro %}
