-- One row per account in any loaded export, as the newest export with the account has it (SPEC 3.3).
with ranked as (
    select
        account_id,
        customer_id,
        payment_method,
        bank_code,
        bank_account,
        opened_on,
        row_number() over (partition by account_id order by seen_from desc) as recency
    from {{ source('raw', 'crm_accounts_history') }}
)
select
    account_id,
    customer_id,
    payment_method,
    bank_code,
    bank_account,
    opened_on
from ranked
where recency = 1
