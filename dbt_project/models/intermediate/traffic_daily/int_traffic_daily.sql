{{ config(materialized='replaced_by_day') }}
-- One row per (call_date, hour, trunk_group_in, trunk_group_out, exchange_id, customer_class): the traffic of the calls
-- begun on call_date in the clock hour (SPEC 9). Seizures, answers and the seconds of the calls begun in the hour
-- (begun_seconds) count in the hour of the start. conversation_seconds count in the hours in which they fall.
with calls as (
    select
        *,
        cast(date_trunc('hour', started_at) as timestamp) as start_hour,
        cast(extract(minute from started_at) * 60 + extract(second from started_at) as integer) as second_of_hour
    from {{ ref('int_calls_judged') }}
    where
        {{ is_traffic() }}
        and call_date in (select stale.call_date from {{ source('raw', 'stale_days') }} as stale)
),
begun as (
    select
        call_date,
        start_hour as hour,
        trunk_group_in,
        trunk_group_out,
        exchange_id,
        caller_class as customer_class,
        1 as seizures,
        case when duration_seconds > 0 then 1 else 0 end as answers,
        case when duration_seconds > 0 or release_cause in (16, 17, 18, 19, 20, 21) then 1 else 0 end as effective_seizures,
        duration_seconds as begun_seconds,
        least(duration_seconds, 3600 - second_of_hour) as conversation_seconds
    from calls
),
continued as (
    select
        calls.call_date,
        {{ add_seconds('calls.start_hour', 'offsets.hour_offset * 3600') }} as hour,
        calls.trunk_group_in,
        calls.trunk_group_out,
        calls.exchange_id,
        calls.caller_class as customer_class,
        0 as seizures,
        0 as answers,
        0 as effective_seizures,
        0 as begun_seconds,
        least(3600, calls.second_of_hour + calls.duration_seconds - offsets.hour_offset * 3600) as conversation_seconds
    from calls
    inner join {{ ref('int_hour_offsets') }} as offsets
        on calls.second_of_hour + calls.duration_seconds > offsets.hour_offset * 3600
    where calls.second_of_hour + calls.duration_seconds > 3600
)
select
    call_date,
    hour,
    trunk_group_in,
    trunk_group_out,
    exchange_id,
    customer_class,
    cast(sum(seizures) as bigint) as seizures,
    cast(sum(answers) as bigint) as answers,
    cast(sum(effective_seizures) as bigint) as effective_seizures,
    cast(sum(begun_seconds) as bigint) as begun_seconds,
    cast(sum(conversation_seconds) as bigint) as conversation_seconds
from (
    select * from begun
    union all
    select * from continued
) as hourly
group by call_date, hour, trunk_group_in, trunk_group_out, exchange_id, customer_class
