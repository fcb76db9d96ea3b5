-- One row per (call_date, tariff_plan_id, zone_id): a fingerprint of everything that decides the price of a call begun on
-- that day. The types of the later days that its calls can reach are kept separately, because only calls over midnight
-- depend on them. The planner compares both with those of the run before: a day with calls whose price they can change is
-- stale.
with step_texts as (
    select
        version_id,
        md5({{ joined_text(
            "day_type || ' ' || starts_second || ' ' || ends_second || ' ' || band_id || ' ' || from_second || ' ' || increment_seconds || ' '
            || increment_price || ' ' || connect_price",
            '|', 'day_type, starts_second, from_second'
        ) }}) as steps_fingerprint
    from {{ ref('int_rating_steps') }}
    group by version_id
),
next_days as (
    select
        reached.band_set_id,
        days.call_date,
        {{ joined_text('reached.day_type', '', 'reached.day') }} as day_types
    from {{ source('raw', 'call_days') }} as days
    inner join {{ ref('int_band_days') }} as reached on days.call_date < reached.day and days.last_day >= reached.day
    group by reached.band_set_id, days.call_date
)
select
    days.call_date,
    versions.tariff_plan_id,
    versions.zone_id,
    md5(concat_ws(
        '|', coalesce(step_texts.steps_fingerprint, 'none'), versions.valid_from, versions.price_denominator, versions.band_rule,
        versions.rounding_mode, versions.rounding_decimals, coalesce(versions.fault, ''),
        coalesce(today.day_type, '')
    )) as fingerprint,
    coalesce(next_days.day_types, '') as next_day_types
from {{ source('raw', 'call_days') }} as days
inner join {{ ref('int_tariff_versions') }} as versions
    on days.call_date >= versions.valid_from and days.call_date < versions.valid_to
left join step_texts on versions.version_id = step_texts.version_id
left join {{ ref('int_band_days') }} as today
    on versions.band_set_id = today.band_set_id and days.call_date = today.day
left join next_days on versions.band_set_id = next_days.band_set_id and days.call_date = next_days.call_date
