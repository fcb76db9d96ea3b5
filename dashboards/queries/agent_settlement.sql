-- reads: bills, payment_applications
-- One row: the bills of an agent in a period, what was received on them by the cut-off and by the as-of date, and what was received
-- (or went back) in the month of the cut-off on his older bills. Bills that are not issued yet are not counted.
with own_bills as (
    select
        account_id,
        billing_period,
        amount
    from bills
    where agent_id = $agent and not is_provisional and billing_period <= $period
),

applied as (
    select
        own_bills.billing_period,
        applications.applied_on,
        applications.amount
    from payment_applications as applications
    inner join own_bills
        on applications.account_id = own_bills.account_id and applications.billing_period = own_bills.billing_period
),

billed as (
    select
        cast(count(*) as bigint) as bills,
        cast(coalesce(sum(amount), 0) as decimal(18, 2)) as receivable
    from own_bills
    where billing_period = $period
),

received as (
    select
        cast(coalesce(sum(amount) filter (where billing_period = $period and applied_on <= $cut_off), 0) as decimal(18, 2))
            as on_time_amount,
        cast(coalesce(sum(amount) filter (where billing_period = $period), 0) as decimal(18, 2)) as received,
        cast(coalesce(sum(amount) filter (
            where billing_period < $period and applied_on between $first_day and $cut_off and amount > 0
        ), 0) as decimal(18, 2)) as late_amount,
        cast(coalesce(sum(amount) filter (
            where billing_period < $period and applied_on between $first_day and $cut_off and amount < 0
        ), 0) as decimal(18, 2)) as returned_amount
    from applied
)

select
    billed.bills,
    billed.receivable,
    received.on_time_amount,
    received.received,
    received.late_amount,
    received.returned_amount
from billed
cross join received
