-- reads: trunk_traffic_hourly
-- One row per kind of day (weekend or not) and hour of day: load over all trunk groups, mean over the days.
with hours as (
    select
        cast(hour as date) as day,
        cast(extract('hour' from hour) as integer) as hour_of_day,
        isodow(hour) >= 6 as is_weekend,
        conversation_seconds,
        seizures
    from trunk_traffic_hourly
    where
        direction = 'total'
        and cast(hour as date) between cast($first_day as date) and cast($last_day as date)
),

days as (
    select
        is_weekend,
        count(distinct day) as days
    from hours
    group by is_weekend
)

select
    hours.is_weekend,
    hours.hour_of_day,
    days.days,
    sum(hours.conversation_seconds) as conversation_seconds,
    sum(hours.seizures) as seizures
from hours
inner join days on hours.is_weekend = days.is_weekend
group by hours.is_weekend, hours.hour_of_day, days.days
order by hours.is_weekend, hours.hour_of_day
