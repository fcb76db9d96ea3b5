-- One row per (version_id, day_type, starts_second, from_second): the compiled rating kernel of the sound versions.
-- In seconds of the day [starts_second, ends_second) and elapsed seconds [from_second, until_second) an increment of
-- increment_seconds costs increment_price ÷ price_denominator millionths of the currency.
with steps as (
    select
        tariff_rows.*,
        coalesce(
            lead(tariff_rows.from_second) over (
                partition by tariff_rows.tariff_plan_id, tariff_rows.zone_id, tariff_rows.valid_from, tariff_rows.band_id
                order by tariff_rows.from_second
            ),
            2147483647
        ) as until_second
    from {{ ref('int_tariff_rows') }} as tariff_rows
)
select
    versions.version_id,
    stretches.day_type,
    stretches.starts_second,
    stretches.ends_second,
    steps.band_id,
    cast(steps.from_second as integer) as from_second,
    cast(steps.until_second as integer) as until_second,
    cast(steps.increment_seconds as integer) as increment_seconds,
    cast({{ int_div(
        'cast(' ~ millionths('steps.rate') ~ ' as hugeint) * steps.increment_seconds * versions.price_denominator',
        'steps.rate_unit_seconds'
    ) }} as hugeint) as increment_price,
    cast(cast({{ millionths('steps.connect_fee') }} as hugeint) * versions.price_denominator as hugeint) as connect_price
from steps
inner join {{ ref('int_tariff_versions') }} as versions
    on
        steps.tariff_plan_id = versions.tariff_plan_id and steps.zone_id = versions.zone_id
        and steps.valid_from = versions.valid_from
inner join {{ ref('int_band_stretches') }} as stretches
    on versions.band_set_id = stretches.band_set_id and steps.band_id = stretches.band_id
where versions.fault is null
