-- reads: trunk_traffic_hourly
-- One row per hour with traffic of a trunk group between two days, both directions together.
select
    cast(hour as date) as date,
    cast(extract('hour' from hour) as integer) as hour_of_day,
    cast(conversation_seconds as double) / 3600 as erlangs
from trunk_traffic_hourly
where
    trunk_group_id = $trunk_group
    and direction = 'total'
    and cast(hour as date) between cast($first_day as date) and cast($last_day as date)
order by hour
