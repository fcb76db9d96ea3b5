-- One row per (trunk_group_id, month) with traffic, of direction total: the time-consistent busy hour and its mean load over
-- the days with traffic on the trunk group. This busy hour is the hour of day with the greatest sum of erlangs over the
-- month.
with hours as (
    select
        trunk_group_id,
        {{ period_of('cast(hour as date)') }} as month,
        cast(hour as date) as date,
        cast(extract(hour from hour) as integer) as hour_of_day,
        seizures,
        conversation_seconds
    from {{ ref('int_trunk_hours') }}
    where direction = 'total'
),
months as (
    select trunk_group_id, month, count(distinct date) as days_with_traffic
    from hours
    group by trunk_group_id, month
),
hours_of_day as (
    select trunk_group_id, month, hour_of_day, sum(conversation_seconds) as conversation_seconds
    from hours
    group by trunk_group_id, month, hour_of_day
),
ranked as (
    select
        *,
        row_number() over (partition by trunk_group_id, month order by conversation_seconds desc, hour_of_day) as busy_rank
    from hours_of_day
),
loaded as (
    select
        ranked.trunk_group_id,
        ranked.month,
        ranked.hour_of_day as busy_hour,
        cast(ranked.conversation_seconds as double) / 3600 / months.days_with_traffic as busy_hour_erlangs,
        cast(months.days_with_traffic as bigint) as days_with_traffic
    from ranked
    inner join months on ranked.trunk_group_id = months.trunk_group_id and ranked.month = months.month
    where ranked.busy_rank = 1
)
select
    *,
    {{ circuits_needed('busy_hour_erlangs') }} as circuits_needed
from loaded
