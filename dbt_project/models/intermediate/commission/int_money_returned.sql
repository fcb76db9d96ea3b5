-- One row per part of a bill's money that went back (payment_id, account_id, billing_period, returned_on, applied_on), with
-- the day on which it had been applied. Of the money that a payment has applied to a bill, the newest goes back first (SPEC
-- 8).
with changed as (
    select distinct payment_id, account_id, billing_period
    from {{ ref('payment_applications') }}
    -- A bill below zero settles itself; no money goes back by that.
    where amount < 0 and payment_id <> 'credit:' || account_id || ':' || billing_period
),
-- The height of the pile of money before and after each row: a positive row adds slices on top, a negative row removes them.
piles as (
    select
        applications.payment_id,
        applications.account_id,
        applications.billing_period,
        applications.applied_on,
        applications.amount,
        sum(applications.amount) over (
            partition by applications.payment_id, applications.account_id, applications.billing_period
            order by applications.applied_on
            rows between unbounded preceding and current row
        ) as height
    from {{ ref('payment_applications') }} as applications
    inner join changed
        on
            applications.payment_id = changed.payment_id
            and applications.account_id = changed.account_id
            and applications.billing_period = changed.billing_period
),
layers as (
    select
        payment_id,
        account_id,
        billing_period,
        applied_on,
        amount,
        least(height, height - amount) as starts_at,
        greatest(height, height - amount) as ends_at
    from piles
),
heights as (
    select payment_id, account_id, billing_period, starts_at as height from layers
    union
    select payment_id, account_id, billing_period, ends_at as height from layers
),
slices as (
    select
        payment_id,
        account_id,
        billing_period,
        height as starts_at,
        lead(height) over (partition by payment_id, account_id, billing_period order by height) as ends_at
    from heights
),
-- Each slice that a row removes was added by the newest earlier row that added that slice.
returned as (
    select
        slices.payment_id,
        slices.account_id,
        slices.billing_period,
        taken.applied_on as returned_on,
        slices.starts_at,
        slices.ends_at,
        max(laid.applied_on) as applied_on
    from slices
    inner join layers as taken
        on
            slices.payment_id = taken.payment_id
            and slices.account_id = taken.account_id
            and slices.billing_period = taken.billing_period
            and taken.amount < 0
            and taken.starts_at <= slices.starts_at and slices.ends_at <= taken.ends_at
    inner join layers as laid
        on
            slices.payment_id = laid.payment_id
            and slices.account_id = laid.account_id
            and slices.billing_period = laid.billing_period
            and laid.amount > 0
            and laid.starts_at <= slices.starts_at and slices.ends_at <= laid.ends_at
            and laid.applied_on < taken.applied_on
    group by
        slices.payment_id, slices.account_id, slices.billing_period, taken.applied_on, slices.starts_at, slices.ends_at
)
select
    payment_id,
    account_id,
    billing_period,
    returned_on,
    applied_on,
    cast(sum(ends_at - starts_at) as {{ money() }}) as amount
from returned
group by payment_id, account_id, billing_period, returned_on, applied_on
