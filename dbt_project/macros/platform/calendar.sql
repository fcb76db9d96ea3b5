{# Dates, periods and times of day, all on the wall clock of the billing area. #}

{# The date that means "since ever". #}
{% macro beginning_of_time() %}date '0001-01-01'{% endmacro %}

{# The date that means "still in force". #}
{% macro end_of_time() %}date '9999-12-31'{% endmacro %}

{# The billing period (YYYY-MM) of a date. #}
{% macro period_of(day) %}substring(cast({{ day }} as varchar), 1, 7){% endmacro %}

{# The first day of a date's month. #}
{% macro month_start(day) %}cast(date_trunc('month', {{ day }}) as date){% endmacro %}

{# The first day of the month after a date's. #}
{% macro next_month_start(day) %}cast(date_trunc('month', {{ day }}) + interval 1 month as date){% endmacro %}

{# Monday = '1' … Sunday = '7'. #}
{% macro weekday_of(day) %}cast({{ days_between("date '1970-01-05'", day) }} % 7 + 1 as varchar){% endmacro %}

{# 'HH:MM' or 'HH:MM:SS' as seconds of the day; 24:00 is 86400. #}
{% macro seconds_of_day(time_text) -%}
    cast(
        cast(substring({{ time_text }}, 1, 2) as integer) * 3600
        + cast(substring({{ time_text }}, 4, 2) as integer) * 60
        + coalesce(cast(nullif(substring({{ time_text }}, 7, 2), '') as integer), 0)
    as integer)
{%- endmacro %}

{# A second of the day as 'HH:MM:SS'. #}
{% macro time_of_second(second) -%}
    {%- for seconds in (3600, 60, 1) -%}
    lpad(cast({{ int_div(second, seconds) }}{{ ' % 60' if seconds < 3600 }} as varchar), 2, '0'){{ " || ':' || " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# The second of the day of a timestamp. #}
{% macro second_of_timestamp(moment) -%}
    cast(extract(hour from {{ moment }}) * 3600 + extract(minute from {{ moment }}) * 60 + extract(second from {{ moment }}) as integer)
{%- endmacro %}

{# The as-of date of the run. #}
{% macro as_of_date() %}(select facts.as_of from {{ source('raw', 'run_facts') }} as facts){% endmacro %}
