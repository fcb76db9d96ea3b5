-- One row per (band_set_id, day): which kind of day it is for the band set. A holiday is 'H' where the set has such rows,
-- else the weekday it falls on. Days are those with calls and the ones after them (a call may last 24 hours).
with days as (
    select call_date as day from {{ source('raw', 'call_days') }}
    union
    select {{ add_days('call_date', 1) }} as day from {{ source('raw', 'call_days') }}
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
        when band_sets.has_holidays and holidays.holiday_date is not null then 'H'
        else {{ weekday_of('days.day') }}
    end as day_type
from days
cross join band_sets
left join (select distinct holiday_date from {{ ref('holidays') }}) as holidays on days.day = holidays.holiday_date
