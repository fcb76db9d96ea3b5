{#
  The rating kernel (SPEC 5, charging), in closed form. The increments that begin in one stretch of a band and tier are counted
  at once: ceil(length ÷ increment). So an increment that has begun is charged in full at the price of the band and tier in which
  it begins, and no call is walked second by second.

  Nearly all calls end within the band of their start and within its first two tiers. int_rating_starts has those two tiers for
  each hour of a day type, and two whole-number divisions charge the call. The other calls (over a band's border or midnight, a
  third tier, an hour in which a band ends, sums beyond 64 bits) are walked once through the list of all stretches that they can
  reach, separately from the rest. `walked` is a relation with the calls that may need it (default: all calls).

  `calls` is a relation with (version_id, call_date, start_second, duration_seconds); version_id is null where nothing is to be
  charged. `days` is a relation with its call_dates. Gives CTEs; the last of them is `charged`, with calls.* and these columns,
  which are null where no rate is in force at some second of the call:
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
        versions.band_rule = 'start' as is_band_fixed_at_start,
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
        starts.version_id,
        starts.start_hour,
        least(starts.safe_seconds, greatest(starts.first_until, coalesce(starts.second_until, 0))) as most_seconds,
        case when days.is_band_fixed_at_start then 2147483647 else starts.ends_second end as ends_second,
        starts.first_until,
        starts.first_increment,
        starts.first_price,
        starts.first_label,
        coalesce(starts.second_increment, 1) as second_increment,
        coalesce(starts.second_price, 0) as second_price,
        starts.second_label,
        starts.connect_price,
        cast(days.rounding_factor as bigint) as rounding_factor,
        cast(case when starts.safe_seconds > 0 then days.rounding_offset end as bigint) as rounding_offset,
        cast(case when starts.safe_seconds > 0 then days.rounding_divisor end as bigint) as rounding_divisor,
        days.rounding_unit,
        days.price_denominator as short_denominator,
        days.rate_valid_from as short_valid_from,
        starts.band_id as short_band,
        starts.connect_fee as short_connect_fee
    from charging_days as days
    inner join {{ ref('int_rating_starts') }} as starts
        on days.version_id = starts.version_id and days.day_type = starts.day_type
),
charging_stretches as (
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
            and case when days.is_band_fixed_at_start then days.call_date else reach.last_day end >= reached.day
    inner join {{ ref('int_rating_steps') }} as steps
        on days.version_id = steps.version_id and reached.day_type = steps.day_type
    group by days.version_id, days.call_date
),
walks_wanted as (
    select distinct started.version_id, started.call_date, started.start_second, started.duration_seconds
    from ({{ started_calls(walked or calls) }}) as started
    where not coalesce(started.is_short, false)
),
charging_walks as (
    select
        wanted.version_id,
        wanted.call_date,
        wanted.start_second,
        wanted.duration_seconds,
        days.rate_valid_from,
        days.price_denominator,
        days.rounding_factor,
        days.rounding_offset,
        days.rounding_divisor,
        days.rounding_unit,
        {{ walk_stretches('listed.stretches', 'wanted', 'days.is_band_fixed_at_start') }} as walk
    from walks_wanted as wanted
    inner join charging_days as days on wanted.version_id = days.version_id and wanted.call_date = days.call_date
    inner join charging_stretches as listed on wanted.version_id = listed.version_id and wanted.call_date = listed.call_date
),
multi_band_calls as (
    select
        version_id,
        call_date,
        start_second,
        duration_seconds,
        walk.elapsed as walked_seconds,
        walk.total as walked_total,
        price_denominator as walked_denominator,
        {{ amount_of_units(int_div('walk.total * rounding_factor + rounding_offset', 'rounding_divisor'), 'rounding_unit', 18) }}
            as walked_amount,
        rate_valid_from as walked_valid_from,
        walk.band_at_start as walked_band,
        {{ amount_of_units(int_div('walk.connect_price', 'price_denominator'), '1', 18) }} as walked_connect_fee,
        substring(walk.steps, 2) as walked_steps
    from charging_walks
),
charging_counts as (
    select
        started.*,
        greatest(
            {{ int_div(
                'started.short_duration - started.first_count * started.first_increment + started.second_increment - 1',
                'started.second_increment'
            ) }},
            0
        ) as second_count
    from ({{ started_calls(calls) }}) as started
),
charging_prices as (
    select
        *,
        cast(first_count * first_increment + second_count * second_increment as bigint) as short_seconds,
        connect_price + first_count * first_price + second_count * second_price as short_total
    from charging_counts
),
-- Computed for every call, also for those that are walked, up to the duration that is safe in 64 bits: cheaper than a condition.
charging_amounts as (
    select
        *,
        {{ amount_of_units(
            int_div('short_total * rounding_factor + rounding_offset', 'rounding_divisor'), 'rounding_unit', 11
        ) }} as short_amount
    from charging_prices
),
charged as (
    select
        calls.* exclude (
            is_short, short_duration, first_count, second_count, first_increment, first_price, first_label, second_increment,
            second_price, second_label, connect_price, rounding_factor, rounding_offset, rounding_divisor, rounding_unit,
            short_seconds, short_total, short_denominator, short_amount, short_valid_from, short_band, short_connect_fee
        ),
        case when calls.is_short then calls.short_seconds else walked.walked_seconds end as charged_seconds,
        case when calls.is_short then cast(calls.short_total as hugeint) else walked.walked_total end as total_price,
        case when calls.is_short then calls.short_denominator else walked.walked_denominator end as price_denominator,
        case when calls.is_short then calls.short_amount else walked.walked_amount end as amount,
        case when calls.is_short then calls.short_valid_from else walked.walked_valid_from end as rate_valid_from,
        case when calls.is_short then calls.short_band else walked.walked_band end as band_at_start,
        case when calls.is_short then calls.short_connect_fee else walked.walked_connect_fee end as connect_fee,
        case
            when calls.is_short
                then concat(
                    calls.first_label, calls.first_count,
                    case when calls.second_count > 0 then concat(' ', calls.second_label, calls.second_count) end
                )
            else walked.walked_steps
        end as charge_steps
    from charging_amounts as calls
    left join multi_band_calls as walked
        on
            calls.version_id = walked.version_id
            and calls.call_date = walked.call_date
            and calls.start_second = walked.start_second
            and calls.duration_seconds = walked.duration_seconds
            and calls.duration_seconds <= walked.walked_seconds
)
{% endmacro %}

{# The calls with the row of int_rating_starts for their hour; is_short where that row is enough to charge them. #}
{% macro started_calls(calls) -%}
    select
        calls.*,
        starts.* exclude (version_id, call_date, start_hour, most_seconds, ends_second, first_until),
        calls.duration_seconds <= starts.most_seconds and calls.start_second + calls.duration_seconds <= starts.ends_second as is_short,
        least(calls.duration_seconds, starts.most_seconds) as short_duration,
        {{ int_div(
            'least(calls.duration_seconds, starts.most_seconds, starts.first_until) + starts.first_increment - 1',
            'starts.first_increment'
        ) }} as first_count
    from {{ calls }} as calls
    left join charging_starts as starts
        on
            calls.version_id = starts.version_id
            and calls.call_date = starts.call_date
            and {{ int_div('calls.start_second', '3600') }} = starts.start_hour
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
  The walk of one call through the stretches that it can reach, in the order of time; null where there are none. The accumulator
  holds what the steps need of the call, because a column named inside list_reduce may be read from another row
  (github.com/duckdb/duckdb/issues/25816). The linter does not know a lambda with a value after it: the models that call the
  kernel say so.
#}
{% macro walk_stretches(stretches, call, is_band_fixed_at_start) -%}
    {%- set clock = 'so_far.start_second + case when so_far.is_band_fixed_at_start then 0 else so_far.elapsed end' -%}
    {%- set reaches = 'least(so_far.duration_seconds, stretch.until_second, case when so_far.is_band_fixed_at_start then stretch.until_second else stretch.ends - so_far.start_second end)' -%}
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
                    is_band_fixed_at_start := so_far.is_band_fixed_at_start,
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
            is_band_fixed_at_start := {{ is_band_fixed_at_start }},
            elapsed := cast(0 as bigint),
            total := cast(0 as hugeint),
            band_at_start := cast(null as varchar),
            connect_price := cast(null as hugeint),
            steps := ''
        )
    )
{%- endmacro %}
