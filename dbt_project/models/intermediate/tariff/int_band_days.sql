-- One row per (band_set_id, day): the day's type for the band set. A holiday is 'H' where the set has such rows, else its
-- weekday. A day that the book counts as a weekday has that type. The days are those that calls can reach: days with calls,
-- the days after them, and further days where a call lasts longer.
with days as (
    select day from {{ source('raw', 'clock_days') }}
),
band_sets as (
    select band_set_id, max(case when position('H' in days) > 0 then 1 else 0 end) = 1 as has_holidays
    from {{ ref('time_bands') }}
    group by band_set_id
)
select
    band_sets.band_set_id,
    days.day,
    case
        when holidays.counts_as <> 'H' then holidays.counts_as
        when band_sets.has_holidays and holidays.holiday_date is not null then 'H'
        else {{ weekday_of('days.day') }}
    end as day_type
from days
cross join band_sets
left join (select distinct holiday_date, counts_as from {{ ref('holidays') }}) as holidays on days.day = holidays.holiday_date
