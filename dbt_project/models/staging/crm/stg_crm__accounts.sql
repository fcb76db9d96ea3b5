-- One row per account of the newest accounts export dated up to the as-of date.
select
    account_id,
    customer_id,
    payment_method,
    bank_code,
    bank_account,
    opened_on,
    closed_on
from {{ source('raw', 'crm_accounts') }}
