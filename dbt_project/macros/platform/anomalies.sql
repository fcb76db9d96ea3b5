{# Shared by the models of call anomalies: the number of calls of a line at the same time, and what is usual. #}

{#
  Whether a row of int_calls_judged keeps one of our lines busy: an answered call from the subscriber side whose caller has a
  number and pays for it. A call that came in over a trunk has another network's number, or another of our switches has recorded
  it too. A forwarded call, which another number pays, does not need the line.
#}
{% macro keeps_line_busy(calls=none) -%}
    {%- set of = calls ~ '.' if calls else '' -%}
    {{ is_traffic(calls) }}
    and {{ of }}duration_seconds > 0
    and {{ of }}trunk_group_in is null
    and {{ of }}calling_number <> ''
    and not coalesce({{ of }}is_charged_as_recorded and {{ of }}charged_number <> {{ of }}calling_number, false)
{%- endmacro %}

{#
  The CTE `clock_changes`: one row per day (on_day) on which the clock was changed, where records give their instants, with the
  clock's offset from UTC at the start of the day. Usually it is empty. On such a day calls are compared on the clock of the day's
  start, because an hour passes between 02:30 and 02:30 when summer time ends.
#}
{% macro clock_changes(days) -%}
clock_changes as (
    select
        call_date as on_day,
        {{ first_by('started_at - started_at_utc', 'started_at_utc') }} as offset_at_start
    from {{ ref('int_calls_judged') }}
    where
        started_at_utc is not null
        and {{ days }}
    group by call_date
    having min(started_at - started_at_utc) < max(started_at - started_at_utc)
)
{%- endmacro %}

{#
  The CTE `simultaneous` from one of calls (on_day, calling_number, call_id, started_at, ended_at): each call with the
  calls of its number that are up when it begins, itself included. A call is up in [started_at, ended_at), so ends come
  before starts of the same second. Of calls that begin in the same second the smaller call_id is first.
  overlapped_call_id is the earlier call that ends last (of equals the greatest id): if any earlier call is still up, this
  one is. It is the rest of the greatest "end, call_id" text, whose first 19 characters are the end.
#}
{% macro simultaneous_calls(calls) -%}
changes as (
    select on_day, calling_number, call_id, started_at as changed_at, 1 as change, started_at, ended_at from {{ calls }}
    union all
    select on_day, calling_number, call_id, ended_at as changed_at, -1 as change, started_at, ended_at from {{ calls }}
),
counted as (
    select
        on_day,
        calling_number,
        call_id,
        started_at,
        change,
        cast(sum(change) over (
            partition by on_day, calling_number order by changed_at, change, call_id
            rows between unbounded preceding and current row
        ) as bigint) as calls_at_once,
        max(case when change = 1 then cast(date_trunc('second', ended_at) as varchar) || call_id end) over (
            partition by on_day, calling_number order by changed_at, change, call_id
            rows between unbounded preceding and 1 preceding
        ) as longest_earlier
    from changes
),
simultaneous as (
    select
        on_day,
        calling_number,
        call_id,
        started_at,
        calls_at_once,
        case when calls_at_once > 1 then substring(longest_earlier, 20) end as overlapped_call_id
    from counted
    where change = 1
)
{%- endmacro %}

{#
  Median and median absolute deviation of a column over the rows of a window; nulls do not count. Both are exact: the
  median of whole numbers has one binary place, the deviation two.
#}
{% macro median_over(column, window_name) %}{{ return(adapter.dispatch('median_over')(column, window_name)) }}{% endmacro %}
{% macro default__median_over(column, window_name) %}median({{ column }}) over {{ window_name }}{% endmacro %}

{% macro median_deviation_over(column, window_name) %}{{ return(adapter.dispatch('median_deviation_over')(column, window_name)) }}{% endmacro %}
{% macro default__median_deviation_over(column, window_name) %}mad({{ column }}) over {{ window_name }}{% endmacro %}
