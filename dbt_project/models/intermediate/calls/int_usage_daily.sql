{{ config(materialized='replaced_by_day') }}
-- One row per (call_date, billing_period, account_id, service_number, bill_item_id): the exact sums of the
-- calls' amounts, and of what they cost before packages and maximum prices.
select
    call_date,
    billing_period,
    account_id,
    charged_number as service_number,
    bill_item_id,
    cast(count(*) as bigint) as calls,
    cast(sum(duration_seconds) as bigint) as seconds,
    cast(sum(coalesce(list_amount, amount)) as decimal(28, 6)) as list_amount,
    cast(sum(covered_amount) as decimal(28, 6)) as covered_amount,
    cast(sum(amount) as decimal(28, 6)) as amount
from {{ ref('int_calls_judged') }}
where
    state = 'rated'
    and call_date in (select stale.call_date from {{ source('raw', 'stale_days') }} as stale)
group by call_date, billing_period, account_id, charged_number, bill_item_id
