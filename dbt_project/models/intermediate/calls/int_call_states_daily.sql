{{ config(materialized='replaced_by_day') }}
-- One row per (call_date, file_id, state): how many records of the file that began on the day ended in the state.
select
    call_date,
    file_id,
    state,
    cast(count(*) as bigint) as records,
    cast(sum(duration_seconds) as bigint) as seconds
from {{ ref('int_calls_judged') }}
where call_date in (select stale.call_date from {{ source('raw', 'stale_days') }} as stale)
group by call_date, file_id, state
