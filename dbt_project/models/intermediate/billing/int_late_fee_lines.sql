-- One row per (account_id, bill_item_id) with a late fee on the bill of the oldest open period (SPEC 6): what the account's bills had
-- borne by the newest closing, less what they had by the closing before. So a payment that became known in between takes its fee
-- back. Promotions do not apply to it.
with newest as (
    select max(billing_period) as billing_period from {{ source('closed', 'periods') }}
),
earlier as (
    select max(periods.billing_period) as billing_period
    from {{ source('closed', 'periods') }} as periods
    inner join newest on periods.billing_period < newest.billing_period
),
oldest_open as (
    select min(billing_period) as billing_period from {{ ref('int_billing_periods') }}
    where not is_closed
),
changes as (
    select fees.account_id, fees.bill_item_id, fees.amount
    from {{ source('closed', 'late_fees') }} as fees
    inner join newest on fees.billing_period = newest.billing_period
    union all
    select fees.account_id, fees.bill_item_id, -fees.amount as amount
    from {{ source('closed', 'late_fees') }} as fees
    inner join earlier on fees.billing_period = earlier.billing_period
)
select
    changes.account_id,
    cast('' as varchar) as service_number,
    oldest_open.billing_period,
    changes.bill_item_id,
    cast(sum(changes.amount) as {{ money() }}) as amount
from changes
cross join oldest_open
where oldest_open.billing_period is not null
group by changes.account_id, oldest_open.billing_period, changes.bill_item_id
having sum(changes.amount) <> 0
