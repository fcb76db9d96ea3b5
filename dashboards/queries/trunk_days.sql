-- reads: trunk_traffic_daily
-- One row per day with traffic of a trunk group between two days.
select
    date,
    seizures,
    answers,
    conversation_seconds,
    asr,
    ner,
    acd_seconds,
    busy_hour,
    busy_hour_erlangs,
    circuits,
    circuits_needed,
    utilisation,
    blocking
from trunk_traffic_daily
where
    trunk_group_id = $trunk_group
    and date between cast($first_day as date) and cast($last_day as date)
order by date
