-- One row per (switch_id, call_date, hour_of_day) whose count of records is far from the usual. Usual is the median of the
-- same hour on days of the same kind (workday, or weekend and holiday, as the book counts the day). Compared are the days
-- among the 28 before on which the switch recorded anything; at least 5 are needed. Far means more than the book's
-- unusual_traffic times the spread. The spread is the greatest of three values: 1.4826 × the median absolute deviation (the
-- standard deviation of normal counts; Rousseeuw and Croux 1993), the square root of the median (the standard deviation of
-- Poisson counts), and 2. Checked are the days with calls from the switch's first one on. Of the as-of day only the hours up
-- to the switch's last record are checked, because later records may still come.
with hours as (
    select * from {{ ref('int_switch_hours') }} where call_date <= {{ as_of_date() }}
),
day_kinds as (
    select
        days.call_date,
        coalesce(
            holidays.counts_as, case when holidays.holiday_date is not null then 'H' else {{ weekday_of('days.call_date') }} end
        ) in ('6', '7', 'H') as is_day_off
    from (select distinct call_date from hours) as days
    left join (select distinct holiday_date, counts_as from {{ ref('holidays') }}) as holidays on days.call_date = holidays.holiday_date
),
recording_days as (
    select switch_id, call_date, max(hour_of_day) as last_hour from hours group by switch_id, call_date
),
first_days as (
    select switch_id, min(call_date) as call_date from hours group by switch_id
),
every_hour as (
    select
        first_days.switch_id,
        day_kinds.call_date,
        day_kinds.is_day_off,
        clock.hour_offset - 1 as hour_of_day
    from first_days
    inner join day_kinds on first_days.call_date <= day_kinds.call_date
    inner join {{ ref('int_hour_offsets') }} as clock on clock.hour_offset <= 24
),
counted as (
    select
        every_hour.*,
        recording_days.last_hour,
        coalesce(hours.records, 0) as records,
        -- A day on which the switch recorded nothing is not compared with.
        case when recording_days.switch_id is not null then coalesce(hours.records, 0) end as compared
    from every_hour
    left join recording_days
        on every_hour.switch_id = recording_days.switch_id and every_hour.call_date = recording_days.call_date
    left join hours
        on
            every_hour.switch_id = hours.switch_id
            and every_hour.call_date = hours.call_date
            and every_hour.hour_of_day = hours.hour_of_day
),
usual as (
    select
        counted.*,
        {{ median_over('counted.compared', 'days_before') }} as median_records,
        {{ median_deviation_over('counted.compared', 'days_before') }} as median_deviation,
        count(counted.compared) over days_before as days
    from counted
    window days_before as (
        partition by switch_id, hour_of_day, is_day_off order by call_date
        range between interval 28 days preceding and interval 1 day preceding
    )
),
-- Whole numbers from here on: twice the median, four times the deviation, millionths of the threshold.
scaled as (
    select
        usual.*,
        cast(2 * usual.median_records as hugeint) as twice_median,
        cast(4 * usual.median_deviation as hugeint) as four_deviations,
        abs(2 * usual.records - cast(2 * usual.median_records as hugeint)) as twice_distance,
        cast(thresholds.unusual_traffic * 1000000 as hugeint) as millionths,
        thresholds.unusual_traffic
    from usual
    cross join {{ ref('int_anomaly_thresholds') }} as thresholds
    where
        usual.days >= 5
        and (usual.call_date < {{ as_of_date() }} or usual.hour_of_day <= usual.last_hour)
)
select
    switch_id,
    call_date,
    hour_of_day,
    is_day_off,
    records,
    cast(days as bigint) as days,
    cast(median_records as decimal(18, 1)) as usual,
    cast(round(
        unusual_traffic * greatest(1.4826 * median_deviation, sqrt(median_records), cast(2 as double)), 1
    ) as decimal(18, 1)) as allowed_distance
from scaled
where
    2 * twice_distance * 10000000000 > millionths * 14826 * four_deviations
    and twice_distance * twice_distance * 1000000000000 > 2 * millionths * millionths * twice_median
    and twice_distance * 1000000 > 4 * millionths
