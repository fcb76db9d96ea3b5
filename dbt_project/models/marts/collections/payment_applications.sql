{{ config(materialized='view') }}
-- One row per (payment_id, account_id, billing_period, applied_on): the part of a payment that pays a bill from a day on.
-- Money that goes back is negative (SPEC 7). account_id is the bill's own account. A bill below zero is a credit: on its issue date it is
-- settled in full by an application of its own amount, and it pays other bills like a payment. Write-offs are not here: no money came in.
select
    payment_id,
    account_id,
    billing_period,
    settling_account_id,
    paying_account_id,
    applied_on,
    amount
from {{ ref('int_bill_settlements') }}
where not is_write_off
