{{ config(materialized='replaced_by_day') }}
-- One row per (call_date, calling_number) with rated calls that overlap in time: reported, never suspended (SPEC 4).
with calls as (
    select
        call_date,
        calling_number,
        business_unit_id,
        outlet_id,
        started_at,
        {{ add_seconds('started_at', 'duration_seconds') }} as ended_at,
        call_id
    from {{ ref('int_calls_judged') }}
    where
        state = 'rated'
        and call_date in (select stale.call_date from {{ source('raw', 'stale_days') }} as stale)
),
ordered as (
    select
        *,
        max(ended_at) over (
            partition by call_date, calling_number order by started_at, call_id
            rows between unbounded preceding and 1 preceding
        ) as busy_until
    from calls
)
select
    call_date,
    calling_number,
    min(business_unit_id) as business_unit_id,
    min(outlet_id) as outlet_id,
    cast(count(*) as bigint) as overlapping_calls
from ordered
where started_at < busy_until
group by call_date, calling_number
