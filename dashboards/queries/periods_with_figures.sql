-- reads: bill_write_offs, billing_periods, bills, payment_applications, rated_calls
-- One row per billing period, the newest first: its state, its bills, what was received on them by the as-of date and written off, and
-- its rated calls. A bill that is not issued yet is not receivable: it is in provisional_amount.
with billed as (
    select
        billing_period,
        cast(count(*) as bigint) as bills,
        cast(coalesce(sum(amount) filter (where not is_provisional), 0) as decimal(18, 2)) as receivable,
        cast(coalesce(sum(amount) filter (where is_provisional), 0) as decimal(18, 2)) as provisional_amount
    from bills
    group by billing_period
),

received as (
    select
        billing_period,
        cast(sum(amount) as decimal(18, 2)) as received
    from payment_applications
    group by billing_period
),

given_up as (
    select
        billing_period,
        cast(sum(amount) as decimal(18, 2)) as written_off
    from bill_write_offs
    group by billing_period
),

called as (
    select
        billing_period,
        cast(count(*) as bigint) as calls
    from rated_calls
    group by billing_period
)

select
    periods.billing_period,
    periods.period_state,
    periods.issued_on,
    periods.due_on,
    coalesce(billed.bills, 0) as bills,
    cast(coalesce(billed.receivable, 0) as decimal(18, 2)) as receivable,
    cast(coalesce(received.received, 0) as decimal(18, 2)) as received,
    cast(coalesce(given_up.written_off, 0) as decimal(18, 2)) as written_off,
    cast(
        coalesce(billed.receivable, 0) - coalesce(received.received, 0) - coalesce(given_up.written_off, 0) as decimal(18, 2)
    ) as open_amount,
    cast(coalesce(billed.provisional_amount, 0) as decimal(18, 2)) as provisional_amount,
    coalesce(called.calls, 0) as calls
from billing_periods as periods
left join billed on periods.billing_period = billed.billing_period
left join received on periods.billing_period = received.billing_period
left join given_up on periods.billing_period = given_up.billing_period
left join called on periods.billing_period = called.billing_period
order by periods.billing_period desc
