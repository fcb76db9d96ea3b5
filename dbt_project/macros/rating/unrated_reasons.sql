{#
  Why a call has no price (SPEC 4, unrated), in words that say what to add or correct in the reference book. The reasons contain
  no date and no band: one missing row gives one reason, for however many calls and days. The start of the call is beside it.
#}

{# Why no rate can be looked up; null where one can. `call` is a call with its zone and plan; `versions` is its version, if there is one. #}
{% macro unrated_reason(call, versions) -%}
    case
        when {{ call }}.early_state is not null then null
        {{ when_no_zone(call) }}
        when {{ call }}.plan_fault is not null
            then 'tariff book unsound: class plan of ' || {{ call }}.customer_class || ': ' || {{ call }}.plan_fault
        when {{ call }}.tariff_plan_id is null and {{ call }}.customer_class is null
            then 'no tariff plan: customer ' || {{ call }}.customer_id || ' has no class: fill it in, or give number '
                || {{ call }}.charged_number || ' a plan of its own'
        when {{ call }}.tariff_plan_id is null
            then 'no tariff plan in force for class ' || {{ call }}.customer_class || ': add a row to class_plans'
        {{ when_no_version(call, versions) }}
    end
{%- endmacro %}

{# Branches of a case: why a call has no zone. #}
{% macro when_no_zone(call) -%}
        when {{ call }}.dialling_fault is not null
            then 'tariff book unsound: ' || {{ call }}.dialling_fault
        when {{ call }}.destination_prefix is null and {{ call }}.zone_id is null
            then 'no destination prefix in force for ' || {{ call }}.rated_number || ': add one to destinations'
        when {{ call }}.destination_fault is not null
            then 'tariff book unsound: destination prefix ' || {{ call }}.destination_prefix || ': ' || {{ call }}.destination_fault
{%- endmacro %}

{# Branches of a case: why its plan has no valid rates for its zone. #}
{% macro when_no_version(call, versions) -%}
        when {{ versions }}.version_id is null
            then 'no rate in force for plan ' || {{ call }}.tariff_plan_id || ', zone ' || {{ call }}.zone_id
                || ': add a row to tariff_rates'
                || case when {{ call }}.own_plan_id is null or {{ call }}.dialled_plan_id is not null then '' else ', or correct the plan of number ' || {{ call }}.charged_number end
        when {{ versions }}.fault is not null
            then 'tariff book unsound: ' || {{ versions }}.fault
{%- endmacro %}

{# Why a call has no price although its plan has rates for the zone. #}
{% macro band_without_rate_reason(call) -%}
    'no rate in force for plan ' || {{ call }}.tariff_plan_id || ', zone ' || {{ call }}.zone_id
    || ' in a band that the call reaches: add a row with that band, or with none, to tariff_rates'
{%- endmacro %}

{# How to correct the name of a zone, plan or band set that is not in its table. #}
{% macro add_or_correct(table) -%}
    ' is not in {{ table }}: add it there, or correct the name'
{%- endmacro %}
