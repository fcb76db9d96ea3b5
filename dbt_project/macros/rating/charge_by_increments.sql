{#
  The rating kernel (SPEC 5, charging). A call moves from step to step of int_rating_steps; in each, the increments that
  begin in it are counted at once: a step ends where its tier ends, where its band ends on the clock, or with the call,
  and ceil(length ÷ increment) increments begin before that end. So a started increment is charged whole at the price of
  the band and tier in which it begins, and a step longer than the call is never walked second by second.

  Takes a CTE with (version_id, call_date, start_second, duration_seconds), gives the CTE `charged` with elapsed_seconds
  and total_price after each step; the finished calls are those with elapsed_seconds >= duration_seconds. The first
  step's row adds its connect fee. With band_rule `start` the clock stands still at the call's start.
#}
{% macro charge_by_increments(wanted) %}{{ return(adapter.dispatch('charge_by_increments')(wanted)) }}{% endmacro %}

{% macro default__charge_by_increments(wanted) %}
charged as (
    select
        version_id,
        call_date,
        start_second,
        duration_seconds,
        cast(0 as bigint) as elapsed_seconds,
        cast(0 as bigint) as total_price
    from {{ wanted }}
    union all
    select
        version_id,
        call_date,
        start_second,
        duration_seconds,
        elapsed_seconds + started_increments * increment_seconds as elapsed_seconds,
        total_price + started_increments * increment_price + case when elapsed_seconds = 0 then connect_price else 0 end as total_price
    from (
        select
            clocks.version_id,
            clocks.call_date,
            clocks.start_second,
            clocks.duration_seconds,
            clocks.elapsed_seconds,
            clocks.total_price,
            steps.increment_seconds,
            steps.increment_price,
            steps.connect_price,
            {{ int_div(
                'least(clocks.duration_seconds, steps.until_second, case when clocks.stands_still then 2147483647 else clocks.elapsed_seconds + steps.ends_second - clocks.clock_second end) - clocks.elapsed_seconds + steps.increment_seconds - 1',
                'steps.increment_seconds'
            ) }} as started_increments
        from (
            select
                charged.*,
                versions.band_set_id,
                versions.band_rule = 'start' as stands_still,
                {{ add_days('charged.call_date', 'case when versions.band_rule = \'start\' then 0 else (charged.start_second + charged.elapsed_seconds) // 86400 end') }} as clock_day,
                case
                    when versions.band_rule = 'start' then charged.start_second
                    else (charged.start_second + charged.elapsed_seconds) % 86400
                end as clock_second
            from charged
            inner join {{ ref('int_tariff_versions') }} as versions on charged.version_id = versions.version_id
            where charged.elapsed_seconds < charged.duration_seconds
        ) as clocks
        inner join {{ ref('int_band_days') }} as days
            on clocks.band_set_id = days.band_set_id and clocks.clock_day = days.day
        inner join {{ ref('int_rating_steps') }} as steps
            on
                clocks.version_id = steps.version_id
                and days.day_type = steps.day_type
                and clocks.clock_second >= steps.starts_second
                and clocks.clock_second < steps.ends_second
                and clocks.elapsed_seconds >= steps.from_second
                and clocks.elapsed_seconds < steps.until_second
    ) as walked
)
{% endmacro %}

{# The charges of the finished calls of `charged`: exact (total_price ÷ price_denominator millionths) and rounded once. #}
{% macro finished_charges(charged) -%}
select
    {{ charged }}.version_id,
    {{ charged }}.call_date,
    {{ charged }}.start_second,
    {{ charged }}.duration_seconds,
    {{ charged }}.elapsed_seconds as charged_seconds,
    {{ charged }}.total_price,
    versions.price_denominator,
    {{ rounded_charge(charged ~ '.total_price', 'versions.price_denominator', 'versions.rounding_mode', 'versions.rounding_decimals') }}
        as amount
from {{ charged }}
inner join {{ ref('int_tariff_versions') }} as versions on {{ charged }}.version_id = versions.version_id
where {{ charged }}.elapsed_seconds >= {{ charged }}.duration_seconds
{%- endmacro %}
