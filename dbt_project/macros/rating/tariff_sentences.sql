{# Prices and times of a tariff in Chinese and English words. They are exact: a price is divided only where the result is exact. #}

{# Money as people write it: a whole amount without decimals; otherwise two decimals, or more where it has more. #}
{% macro money_text(amount) -%}
    {%- set text = 'cast(cast(' ~ amount ~ ' as ' ~ call_money() ~ ') as varchar)' -%}
    case
        when {{ text }} like '%.000000' then substring({{ text }}, 1, length({{ text }}) - 7)
        else substring({{ text }}, 1, length({{ text }}) - 4) || regexp_replace(substring({{ text }}, length({{ text }}) - 3), '0+$', '')
    end
{%- endmacro %}

{# A duration in whole minutes where possible, else in seconds: 3分钟, 6秒. #}
{% macro time_text_zh(seconds) -%}
    case
        when {{ seconds }} % 60 = 0 then cast({{ int_div(seconds, 60) }} as varchar) || '分钟'
        else cast({{ seconds }} as varchar) || '秒'
    end
{%- endmacro %}

{# The same after 'every' or 'by the': 分钟 and 秒 without a 1. #}
{% macro unit_text_zh(seconds) -%}
    case {{ seconds }} when 60 then '分钟' when 1 then '秒' else {{ time_text_zh(seconds) }} end
{%- endmacro %}

{# The same in English; one minute and one second without a 1: 3 minutes, 6 seconds, minute. #}
{% macro time_text_en(seconds) -%}
    case
        when {{ seconds }} = 60 then 'minute'
        when {{ seconds }} = 1 then 'second'
        when {{ seconds }} % 60 = 0 then cast({{ int_div(seconds, 60) }} as varchar) || ' minutes'
        else cast({{ seconds }} as varchar) || ' seconds'
    end
{%- endmacro %}
