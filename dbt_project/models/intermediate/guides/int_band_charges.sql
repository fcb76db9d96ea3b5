-- One row per (version_id, band_id, duration_seconds): the price of a call of this duration that begins in the band and
-- stays in it, by the rates in force on the as-of date. Durations are those that the tariff guide shows, and the seconds on
-- which a tier begins: the charge up to there shows where the tier really takes effect. The charge is computed by the rating
-- kernel's walk, with the clock stopped.
with versions as (
    select
        versions.version_id,
        {{ rounding_terms('versions') }}
    from {{ ref('int_tariff_versions') }} as versions
    where versions.fault is null and versions.valid_from <= {{ as_of_date() }} and versions.valid_to > {{ as_of_date() }}
),
tiers as (
    select distinct
        steps.version_id,
        steps.band_id,
        steps.from_second,
        steps.until_second,
        steps.increment_seconds,
        steps.increment_price,
        steps.connect_price
    from {{ ref('int_rating_steps') }} as steps
    inner join versions on steps.version_id = versions.version_id
),
walks as (
    select
        steps.version_id,
        steps.band_id,
        {{ listed_stretches('0', '86400', 'steps.from_second') }} as stretches
    from tiers as steps
    group by steps.version_id, steps.band_id
),
durations as (
    {% for seconds in (60, 180, 600) %}
    select version_id, band_id, cast({{ seconds }} as integer) as duration_seconds from walks
    union
    {% endfor %}
    select version_id, band_id, from_second as duration_seconds from tiers where from_second > 0
),
calls as (
    select
        durations.version_id,
        durations.band_id,
        durations.duration_seconds,
        0 as start_second,
        true as is_band_fixed_at_start,
        walks.stretches
    from durations
    inner join walks on durations.version_id = walks.version_id and durations.band_id = walks.band_id
),
walked as (
    select
        version_id,
        band_id,
        duration_seconds,
        {{ walk_stretches('calls.stretches', 'calls', 'calls.is_band_fixed_at_start') }} as walk -- noqa: PRS
    from calls
)
select
    walked.version_id,
    walked.band_id,
    walked.duration_seconds,
    cast(walked.walk.elapsed as bigint) as charged_seconds, -- noqa: RF01
    {{ amount_of_units(
        int_div('walked.walk.total * versions.rounding_factor + versions.rounding_offset', 'versions.rounding_divisor'),
        'versions.rounding_unit', 18
    ) }} as amount
from walked
inner join versions on walked.version_id = versions.version_id
