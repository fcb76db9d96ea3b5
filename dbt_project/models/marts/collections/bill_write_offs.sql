-- One row per (adjustment_id, account_id, billing_period, written_off_on): the part of a write-off that settles a bill from a day on
-- (SPEC 7). It is not a payment: it counts in no collection rate and earns no commission. What is taken back is negative.
select
    substring(payment_id, 11) as adjustment_id,
    account_id,
    billing_period,
    settling_account_id,
    paying_account_id as written_off_account_id,
    applied_on as written_off_on,
    amount
from {{ ref('int_bill_settlements') }}
where is_write_off
