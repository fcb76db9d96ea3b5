{{ config(materialized='replaced_by_day') }}
-- One row per (call_date, file_id, state, billing_period): how many records of the file that began on the day ended in the
-- state, and for rated ones the sums of their amounts. billing_period is null unless they are rated.
select
    call_date,
    file_id,
    state,
    billing_period,
    cast(count(*) as bigint) as records,
    cast(sum(duration_seconds) as bigint) as seconds,
    cast(sum(coalesce(list_amount, amount)) as decimal(28, 6)) as list_amount,
    cast(sum(covered_amount) as decimal(28, 6)) as covered_amount,
    cast(sum(amount) as decimal(28, 6)) as amount
from {{ ref('int_calls_judged') }}
where call_date in (select stale.call_date from {{ source('raw', 'stale_days') }} as stale)
group by call_date, file_id, state, billing_period
