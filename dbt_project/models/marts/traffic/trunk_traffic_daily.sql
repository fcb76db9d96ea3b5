-- One row per (trunk_group_id, date) with traffic, of direction total: the day's measures, its busy hour, and the circuits
-- that the load of that hour needs at 1 % loss.
with hours as (
    select *, cast(hour as date) as date
    from {{ ref('int_trunk_hours') }}
    where direction = 'total'
),
days as (
    select trunk_group_id, date, {{ traffic_measures() }}
    from hours
    group by trunk_group_id, date
),
ranked as (
    select
        trunk_group_id,
        date,
        hour,
        conversation_seconds,
        row_number() over (
            partition by trunk_group_id, date
            order by conversation_seconds desc, hour
        ) as busy_rank
    from hours
),
busy as (
    select
        trunk_group_id,
        date,
        cast(extract(hour from hour) as integer) as busy_hour,
        cast(conversation_seconds as double) / 3600 as busy_hour_erlangs
    from ranked
    where busy_rank = 1
),
loaded as (
    select
        days.trunk_group_id,
        days.date,
        days.seizures,
        days.answers,
        days.conversation_seconds,
        days.asr,
        days.ner,
        days.acd_seconds,
        busy.busy_hour,
        busy.busy_hour_erlangs,
        cast(trunks.circuits as bigint) as circuits
    from days
    inner join busy on days.trunk_group_id = busy.trunk_group_id and days.date = busy.date
    left join {{ ref('trunk_groups') }} as trunks on days.trunk_group_id = trunks.trunk_group_id
)
select
    *,
    {{ circuits_needed('busy_hour_erlangs') }} as circuits_needed,
    busy_hour_erlangs / nullif(circuits, 0) as utilisation,
    {{ erlang_b('busy_hour_erlangs', 'circuits') }} as blocking
from loaded
