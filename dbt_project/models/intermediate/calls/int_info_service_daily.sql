{{ config(materialized='replaced_by_day') }}
-- One row per (call_date, billing_period, customer_id, access_prefix): rated calls to an information service. The longest
-- access prefix that the rated number begins with counts.
with calls as (
    select * from {{ ref('int_calls_judged') }}
    where
        state = 'rated'
        and call_date in (select stale.call_date from {{ source('raw', 'stale_days') }} as stale)
),
lengths as (
    select distinct cast(length(access_prefix) as integer) as prefix_length from {{ ref('info_services') }}
),
dialled as (
    select distinct rated_number from calls
),
probes as (
    select
        dialled.rated_number,
        substring(dialled.rated_number, 1, lengths.prefix_length) as access_prefix
    from dialled
    inner join lengths on length(dialled.rated_number) >= lengths.prefix_length
),
longest as (
    select probes.rated_number, max(length(probes.access_prefix)) as prefix_length
    from probes
    inner join {{ ref('info_services') }} as services on probes.access_prefix = services.access_prefix
    group by probes.rated_number
)
select
    calls.call_date,
    calls.billing_period,
    calls.customer_id,
    substring(calls.rated_number, 1, longest.prefix_length) as access_prefix,
    cast(count(*) as bigint) as calls,
    cast(sum(calls.duration_seconds) as bigint) as seconds,
    cast(sum(calls.amount) as decimal(28, 6)) as amount
from calls
inner join longest on calls.rated_number = longest.rated_number
group by calls.call_date, calls.billing_period, calls.customer_id, substring(calls.rated_number, 1, longest.prefix_length)
