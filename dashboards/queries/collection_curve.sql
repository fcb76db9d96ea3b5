-- reads: bills, payment_applications
-- One row per period and day since its bills were issued, up to a day: what of the receivable was received by the end of that day.
-- Of the whole branch, or of one business unit.
with period_bills as (
    select
        account_id,
        billing_period,
        issued_on,
        amount
    from bills
    where
        not is_provisional
        and billing_period between $first_period and $last_period
        and ($unit is null or coalesce(business_unit_id, 'unassigned') = $unit)
),

issued as (
    select
        billing_period,
        min(issued_on) as issued_on,
        sum(amount) as receivable
    from period_bills
    group by billing_period
),

applied as (
    select
        period_bills.billing_period,
        greatest(date_diff('day', period_bills.issued_on, payment_applications.applied_on), 0) as day,
        sum(payment_applications.amount) as amount
    from payment_applications
    inner join period_bills
        on
            payment_applications.account_id = period_bills.account_id
            and payment_applications.billing_period = period_bills.billing_period
    group by all
),

days as (
    select
        issued.billing_period,
        issued.receivable,
        numbers.day
    from issued
    cross join range(0, cast($last_day as bigint) + 1) as numbers (day)
    where numbers.day <= date_diff('day', issued.issued_on, cast($as_of as date))
)

select
    days.billing_period,
    days.day,
    cast(days.receivable as decimal(18, 2)) as receivable,
    cast(
        sum(coalesce(applied.amount, 0)) over (partition by days.billing_period order by days.day) as decimal(18, 2)
    ) as received
from days
left join applied on days.billing_period = applied.billing_period and days.day = applied.day
order by days.billing_period asc, days.day asc
