-- reads: trunk_traffic_daily
-- One row per trunk group: its busiest day of some days, the groups with the greatest load first.
with ranked as (
    select
        trunk_group_id,
        date,
        seizures,
        answers,
        asr,
        busy_hour,
        busy_hour_erlangs,
        circuits,
        circuits_needed,
        utilisation,
        blocking,
        row_number() over (partition by trunk_group_id order by busy_hour_erlangs desc, date asc) as day_rank
    from trunk_traffic_daily
    where date between cast($first_day as date) and cast($last_day as date)
)

select
    trunk_group_id,
    date,
    seizures,
    answers,
    asr,
    busy_hour,
    busy_hour_erlangs,
    circuits,
    circuits_needed,
    utilisation,
    blocking
from ranked
where day_rank = 1
order by busy_hour_erlangs desc, trunk_group_id asc
limit $at_most
