-- reads: bills, payment_applications
-- One row: receivable of a period and what of it was received up to a day, for rates at an equal age of the bills.
with period_bills as (
    select
        account_id,
        billing_period,
        amount
    from bills
    where billing_period = $period and not is_provisional
),

received as (
    select sum(payment_applications.amount) as amount
    from payment_applications
    inner join period_bills
        on
            payment_applications.account_id = period_bills.account_id
            and payment_applications.billing_period = period_bills.billing_period
    where payment_applications.applied_on <= cast($up_to as date)
)

select
    coalesce((select sum(period_bills.amount) from period_bills), 0) as receivable,
    coalesce((select received.amount from received), 0) as received
