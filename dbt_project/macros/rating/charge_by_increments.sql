{#
  The rating kernel (SPEC 5, charging), in closed form: in one stretch of a band and tier of it the increments that begin there are
  counted at once, ceil(length ÷ increment), so a started increment is charged whole at the price of the band and tier in which it
  begins, and no call is walked second by second.

  Nearly all calls end within the band of their start and within its first two tiers: int_rating_starts has those two for each
  hour of a kind of day, and two whole-number divisions charge the call. The rest (over a band's border or midnight, a third
  tier, an hour in which a band ends, sums beyond 64 bits) go once through the list of all stretches that they can reach, apart
  from the calls of which int_plain_hours says beforehand that none of them can need it.

  `calls` is a relation with (version_id, call_date, start_second, duration_seconds), version_id null where nothing is to be
  charged; `days` one with the call_dates that stand in it. Gives CTEs, the last of them `charged` = calls.* and these columns,
  null where no rate is in force at some second of the call:
    charged_seconds, total_price (÷ price_denominator in millionths: exact), price_denominator, amount (rounded once),
    rate_valid_from, band_at_start, connect_fee, charge_steps ('band/from_second:increments', in the order charged).
#}
{% macro charge_by_increments(calls, days, walked=none) %}
    {{ return(adapter.dispatch('charge_by_increments')(calls, days, walked)) }}
{% endmacro %}

{% macro default__charge_by_increments(calls, days, walked=none) %}
charging_days as (
    select
        versions.version_id,
        versions.valid_from as rate_valid_from,
        versions.band_set_id,
        versions.band_rule = 'start' as stands_still,
        versions.price_denominator,
        {{ rounding_terms('versions') }},
        days.day as call_date,
        days.day_type
    from {{ ref('int_tariff_versions') }} as versions
    inner join {{ ref('int_band_days') }} as days
        on versions.band_set_id = days.band_set_id and versions.valid_from <= days.day and versions.valid_to > days.day
    where versions.fault is null and days.day in (select wanted.call_date from {{ days }} as wanted)
),
charging_starts as (
    select
        days.call_date,
        starts.*,
        cast(days.rounding_factor as bigint) as short_factor,
        cast(case when starts.safe_seconds > 0 then days.rounding_offset end as bigint) as short_offset,
        cast(case when starts.safe_seconds > 0 then days.rounding_divisor end as bigint) as short_divisor
    from charging_days as days
    inner join {{ ref('int_rating_starts') }} as starts
        on days.version_id = starts.version_id and days.day_type = starts.day_type
),
charging_walks as (
    select
        days.version_id,
        days.call_date,
        {{ listed_stretches(
            days_between('days.call_date', 'reached.day') ~ ' * 86400 + steps.starts_second',
            days_between('days.call_date', 'reached.day') ~ ' * 86400 + steps.ends_second',
            'reached.day, steps.starts_second, steps.from_second'
        ) }} as stretches
    from charging_days as days
    inner join {{ source('raw', 'call_days') }} as reach on days.call_date = reach.call_date
    inner join {{ ref('int_band_days') }} as reached
        on
            days.band_set_id = reached.band_set_id and days.call_date <= reached.day
            and case when days.stands_still then days.call_date else reach.last_day end >= reached.day
    inner join {{ ref('int_rating_steps') }} as steps
        on days.version_id = steps.version_id and reached.day_type = steps.day_type
    group by days.version_id, days.call_date
),
walks_wanted as (
    select distinct version_id, call_date, start_second, duration_seconds, stands_still
    from ({{ started_calls(walked or calls) }}) as started
    where not coalesce(is_short, false)
),
walked_calls as (
    select
        wanted.version_id,
        wanted.call_date,
        wanted.start_second,
        wanted.duration_seconds,
        {{ walk_stretches('walks.stretches', 'wanted') }} as walk
    from walks_wanted as wanted
    inner join charging_walks as walks on wanted.version_id = walks.version_id and wanted.call_date = walks.call_date
),
started_and_walked as (
    select started.*, walked_calls.walk
    from ({{ started_calls(calls) }}) as started
    left join walked_calls
        on
            started.version_id = walked_calls.version_id
            and started.call_date = walked_calls.call_date
            and started.start_second = walked_calls.start_second
            and started.duration_seconds = walked_calls.duration_seconds
),
charged as (
    {{ charges_of('started_and_walked') }}
)
{% endmacro %}

{# The calls with what their hour's row of int_rating_starts comes to; is_short where that is all. #}
{% macro started_calls(calls) -%}
    select
        started.*,
        case
            when started.duration_seconds > started.first_count * started.first_increment
                then {{ int_div(
                    'started.duration_seconds - started.first_count * started.first_increment + started.second_increment - 1',
                    'started.second_increment'
                ) }}
            else 0
        end as second_count
    from (
        select
            calls.*,
            days.rate_valid_from,
            days.stands_still,
            days.price_denominator,
            days.rounding_factor,
            days.rounding_offset,
            days.rounding_divisor,
            days.rounding_unit,
            starts.short_factor,
            starts.short_offset,
            starts.short_divisor,
            starts.band_id,
            starts.connect_price,
            starts.connect_fee,
            starts.first_increment,
            starts.first_price,
            starts.first_label,
            starts.second_increment,
            starts.second_price,
            starts.second_label,
            {{ int_div('least(calls.duration_seconds, starts.first_until) + starts.first_increment - 1', 'starts.first_increment') }} as first_count,
            calls.duration_seconds <= starts.safe_seconds
            and (days.stands_still or calls.start_second + calls.duration_seconds <= starts.ends_second)
            and (calls.duration_seconds <= starts.first_until or calls.duration_seconds <= starts.second_until) as is_short
        from {{ calls }} as calls
        left join charging_days as days on calls.version_id = days.version_id and calls.call_date = days.call_date
        left join charging_starts as starts
            on
                calls.version_id = starts.version_id
                and calls.call_date = starts.call_date
                and {{ int_div('calls.start_second', '3600') }} = starts.start_hour
    ) as started
{%- endmacro %}

{# The calls with their charge, and without what it was reckoned by. #}
{% macro charges_of(calls) -%}
    {%- set is_walked = 'coalesce(walk.elapsed >= duration_seconds, false)' -%}
    {%- set short_price = '(connect_price + first_count * first_price + second_count * coalesce(second_price, 0))' -%}
    select
        {{ calls }}.* exclude (
            stands_still, rounding_factor, rounding_offset, rounding_divisor, rounding_unit, short_factor, short_offset, short_divisor,
            band_id, connect_price, connect_fee, first_increment, first_price, first_label, second_increment, second_price, second_label,
            first_count, is_short, second_count, rate_valid_from, price_denominator, walk
        ),
        case
            when is_short then cast(first_count * first_increment + second_count * coalesce(second_increment, 0) as bigint)
            when {{ is_walked }} then walk.elapsed
        end as charged_seconds,
        case
            when is_short then cast({{ short_price }} as hugeint)
            when {{ is_walked }} then walk.total
        end as total_price,
        case when is_short or {{ is_walked }} then price_denominator end as price_denominator,
        case
            when is_short
                then {{ amount_of_units(int_div(short_price ~ ' * short_factor + short_offset', 'short_divisor'), 'rounding_unit', 11) }}
            when {{ is_walked }}
                then {{ amount_of_units(int_div('walk.total * rounding_factor + rounding_offset', 'rounding_divisor'), 'rounding_unit', 18) }}
        end as amount,
        case when is_short or {{ is_walked }} then rate_valid_from end as rate_valid_from,
        case when is_short then band_id when {{ is_walked }} then walk.band_at_start end as band_at_start,
        case
            when is_short then connect_fee
            when {{ is_walked }} then {{ amount_of_units(int_div('walk.connect_price', 'price_denominator'), '1', 18) }}
        end as connect_fee,
        case
            when is_short then concat(first_label, first_count, case when second_count > 0 then concat(' ', second_label, second_count) end)
            when {{ is_walked }} then substring(walk.steps, 2)
        end as charge_steps
    from {{ calls }}
{%- endmacro %}

{# The stretches that walk_stretches goes through: the `steps` of a group, each from and to a second after the midnight of the start. #}
{% macro listed_stretches(begins, ends, order_by) -%}
    list({
        'begins': cast({{ begins }} as bigint),
        'ends': cast({{ ends }} as bigint),
        'from_second': cast(steps.from_second as bigint),
        'until_second': cast(steps.until_second as bigint),
        'increment_seconds': cast(steps.increment_seconds as bigint),
        'increment_price': cast(steps.increment_price as hugeint),
        'connect_price': cast(steps.connect_price as hugeint),
        'band_id': steps.band_id
    } order by {{ order_by }})
{%- endmacro %}

{#
  The walk of one call through the stretches it can reach, in the order of the clock; null where there are none. What the steps
  need of the call goes along in the accumulator: a column named inside list_reduce may be read from another row
  (github.com/duckdb/duckdb/issues/25816). The linter does not know a lambda with a value after it: the models that call the
  kernel say so.
#}
{% macro walk_stretches(stretches, call) -%}
    {%- set clock = 'so_far.start_second + case when so_far.stands_still then 0 else so_far.elapsed end' -%}
    {%- set reaches = 'least(so_far.duration_seconds, stretch.until_second, case when so_far.stands_still then stretch.until_second else stretch.ends - so_far.start_second end)' -%}
    {%- set count = int_div(reaches ~ ' - so_far.elapsed + stretch.increment_seconds - 1', 'stretch.increment_seconds') -%}
    list_reduce(
        {{ stretches }},
        lambda so_far, stretch: case
            when
                so_far.elapsed < so_far.duration_seconds
                and so_far.elapsed >= stretch.from_second and so_far.elapsed < stretch.until_second
                and {{ clock }} >= stretch.begins and {{ clock }} < stretch.ends
                then struct_pack(
                    start_second := so_far.start_second,
                    duration_seconds := so_far.duration_seconds,
                    stands_still := so_far.stands_still,
                    elapsed := so_far.elapsed + {{ count }} * stretch.increment_seconds,
                    total :=
                        so_far.total + {{ count }} * stretch.increment_price
                        + case when so_far.elapsed = 0 then stretch.connect_price else cast(0 as hugeint) end,
                    band_at_start := coalesce(so_far.band_at_start, stretch.band_id),
                    connect_price := coalesce(so_far.connect_price, stretch.connect_price),
                    steps := concat(so_far.steps, ' ', stretch.band_id, '/', stretch.from_second, ':', {{ count }})
                )
            else so_far
        end,
        struct_pack(
            start_second := cast({{ call }}.start_second as bigint),
            duration_seconds := cast({{ call }}.duration_seconds as bigint),
            stands_still := {{ call }}.stands_still,
            elapsed := cast(0 as bigint),
            total := cast(0 as hugeint),
            band_at_start := cast(null as varchar),
            connect_price := cast(null as hugeint),
            steps := ''
        )
    )
{%- endmacro %}
