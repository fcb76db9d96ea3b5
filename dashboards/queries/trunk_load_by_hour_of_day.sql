-- reads: trunk_traffic_hourly
-- One row per trunk group and hour of day with traffic in some days: the mean load over the days with traffic on the trunk group.
with hours as (
    select
        trunk_group_id,
        cast(hour as date) as day,
        cast(extract('hour' from hour) as integer) as hour_of_day,
        conversation_seconds
    from trunk_traffic_hourly
    where
        direction = 'total'
        and cast(hour as date) between cast($first_day as date) and cast($last_day as date)
        and ($trunk_group is null or trunk_group_id = $trunk_group)
),

days as (
    select
        trunk_group_id,
        count(distinct day) as days
    from hours
    group by trunk_group_id
)

select
    hours.trunk_group_id,
    hours.hour_of_day,
    cast(days.days as bigint) as days,
    cast(sum(hours.conversation_seconds) as double) / 3600 / days.days as erlangs
from hours
inner join days on hours.trunk_group_id = days.trunk_group_id
group by hours.trunk_group_id, hours.hour_of_day, days.days
order by hours.trunk_group_id, hours.hour_of_day
