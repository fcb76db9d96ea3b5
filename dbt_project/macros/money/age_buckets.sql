{# How long a call waits, by the days since it was made: the ages of money at risk. #}
{% macro waiting_bucket(days) -%}
    case
        when {{ days }} <= 1 then '0-1'
        when {{ days }} <= 7 then '2-7'
        when {{ days }} <= 30 then '8-30'
        else '31+'
    end
{%- endmacro %}

{# How long a bill is past due: the ages of arrears; `not_due` until the day after its due date. #}
{% macro past_due_bucket(days) -%}
    case
        when {{ days }} <= 0 then 'not_due'
        when {{ days }} <= 30 then '1-30'
        when {{ days }} <= 60 then '31-60'
        when {{ days }} <= 90 then '61-90'
        else '91+'
    end
{%- endmacro %}
