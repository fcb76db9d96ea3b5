-- One row per (band_set_id, day_type, starts_second, band_id): a stretch of a day type that belongs to a band, in seconds of
-- the day. A row that ends before it starts covers nothing; int_tariff_faults names the hole.
with bands as (
    select
        band_set_id,
        days,
        band_id,
        {{ seconds_of_day('starts_at') }} as starts_second,
        {{ seconds_of_day('ends_at') }} as ends_second
    from {{ ref('time_bands') }}
)
select
    bands.band_set_id,
    types.day_type,
    bands.starts_second,
    bands.ends_second,
    bands.band_id
from bands
inner join {{ ref('int_day_types') }} as types on position(types.day_type in bands.days) > 0
where bands.starts_second < bands.ends_second
