-- reads: trunk_traffic_daily
-- One row per trunk group with traffic in some days: their sums, and the greatest busy-hour load with the circuits that it needs.
select
    trunk_group_id,
    cast(count(*) as bigint) as days_with_traffic,
    cast(sum(seizures) as bigint) as seizures,
    cast(sum(answers) as bigint) as answers,
    cast(sum(answers) as double) / cast(nullif(sum(seizures), 0) as double) as asr,
    arg_max(date, row(busy_hour_erlangs, -epoch(date))) as date,
    arg_max(busy_hour, row(busy_hour_erlangs, -epoch(date))) as busy_hour,
    max(busy_hour_erlangs) as busy_hour_erlangs,
    arg_max(circuits, date) as circuits,
    max(circuits_needed) as circuits_needed,
    cast(count(*) filter (where circuits_needed > circuits) as bigint) as days_short
from trunk_traffic_daily
where date between cast($first_day as date) and cast($last_day as date)
group by trunk_group_id
order by coalesce(max(circuits_needed) > arg_max(circuits, date), false) desc, busy_hour_erlangs desc, trunk_group_id asc
