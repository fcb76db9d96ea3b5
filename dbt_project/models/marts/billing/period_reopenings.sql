-- One row per (billing_period, reopening_number, account_id, bill_item_id) of a reopened period: what had been closed and what it comes
-- to since (SPEC 6). What it comes to is what was closed the next time, where the period was reopened again, else what the present
-- edition has.
with reopenings as (
    select
        *,
        reopening_number = max(reopening_number) over (partition by billing_period) as is_newest
    from {{ ref('stg_ledger__period_reopenings') }}
),
newest as (
    select billing_period, reopening_number from reopenings where is_newest
),
frozen as (
    select * from {{ ref('stg_ledger__reopened_figures') }}
),
current_calls as (
    select
        newest.billing_period,
        newest.reopening_number,
        calls.account_id,
        calls.bill_item_id,
        count(*) as calls,
        sum(calls.duration_seconds) as seconds
    from {{ ref('rated_calls') }} as calls
    inner join newest on calls.billing_period = newest.billing_period
    group by newest.billing_period, newest.reopening_number, calls.account_id, calls.bill_item_id
),
current_lines as (
    select
        newest.billing_period,
        newest.reopening_number,
        bill_lines.account_id,
        bill_lines.bill_item_id,
        count(*) as lines,
        sum(bill_lines.amount) as amount
    from {{ ref('bill_lines') }} as bill_lines
    inner join newest on bill_lines.billing_period = newest.billing_period
    group by newest.billing_period, newest.reopening_number, bill_lines.account_id, bill_lines.bill_item_id
),
versions as (
    select
        billing_period,
        reopening_number,
        account_id,
        bill_item_id,
        calls as frozen_calls,
        seconds as frozen_seconds,
        lines as frozen_lines,
        amount as frozen_amount,
        0 as calls,
        0 as seconds,
        0 as lines,
        0 as amount
    from frozen
    union all
    select
        billing_period, reopening_number - 1, account_id, bill_item_id, 0, 0, 0, 0, calls, seconds, lines, amount
    from frozen
    where reopening_number > 1
    union all
    select
        billing_period, reopening_number, account_id, bill_item_id, 0, 0, 0, 0, calls, seconds, 0, 0
    from current_calls
    union all
    select
        billing_period, reopening_number, account_id, bill_item_id, 0, 0, 0, 0, 0, 0, lines, amount
    from current_lines
),
compared as (
    select
        billing_period,
        reopening_number,
        account_id,
        bill_item_id,
        sum(frozen_calls) as frozen_calls,
        sum(calls) as calls,
        sum(frozen_seconds) as frozen_seconds,
        sum(seconds) as seconds,
        sum(frozen_lines) as frozen_lines,
        sum(lines) as lines,
        sum(frozen_amount) as frozen_amount,
        sum(amount) as amount
    from versions
    group by billing_period, reopening_number, account_id, bill_item_id
)
select
    compared.billing_period,
    compared.reopening_number,
    compared.account_id,
    compared.bill_item_id,
    cast(compared.frozen_calls as bigint) as frozen_calls,
    cast(compared.calls as bigint) as calls,
    cast(compared.frozen_seconds as bigint) as frozen_seconds,
    cast(compared.seconds as bigint) as seconds,
    cast(compared.frozen_lines as bigint) as frozen_lines,
    cast(compared.lines as bigint) as lines,
    cast(compared.frozen_amount as {{ money() }}) as frozen_amount,
    cast(compared.amount as {{ money() }}) as amount,
    cast(compared.amount - compared.frozen_amount as {{ money() }}) as difference_amount,
    reopenings.reopened_at,
    reopenings.reopened_by,
    reopenings.why
from compared
inner join reopenings
    on compared.billing_period = reopenings.billing_period and compared.reopening_number = reopenings.reopening_number
