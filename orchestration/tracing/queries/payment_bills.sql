-- reads: payment_applications, bills
-- The bills that a payment was applied to. What is left of it is prepaid, and on no bill.
select
    applications.account_id,
    applications.billing_period,
    applications.applied_on,
    applications.amount,
    bills.amount as bill_amount,
    bills.agent_id
from payment_applications as applications
inner join bills
    on applications.account_id = bills.account_id and applications.billing_period = bills.billing_period
where applications.payment_id = $payment
order by applications.applied_on, applications.billing_period, applications.account_id
