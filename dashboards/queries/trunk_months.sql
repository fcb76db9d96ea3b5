-- reads: trunk_traffic_monthly
-- One row per trunk group and month between two months: its time-consistent busy hour.
select
    trunk_group_id,
    month,
    busy_hour,
    busy_hour_erlangs,
    days_with_traffic,
    circuits_needed
from trunk_traffic_monthly
where
    month between $first_month and $last_month
    and ($trunk_group is null or trunk_group_id = $trunk_group)
order by trunk_group_id, month
