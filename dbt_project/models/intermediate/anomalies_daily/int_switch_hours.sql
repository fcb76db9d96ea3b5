{{ config(materialized='replaced_by_day') }}
-- One row per (call_date, switch_id, hour_of_day): how many calls, answered or not, began in the hour by the switch's
-- records.
select
    call_date,
    switch_id,
    cast(extract(hour from started_at) as integer) as hour_of_day,
    cast(count(*) as bigint) as records
from {{ ref('int_calls_judged') }}
where
    {{ is_traffic() }}
    and call_date in (select stale.call_date from {{ source('raw', 'stale_days') }} as stale)
group by call_date, switch_id, extract(hour from started_at)
