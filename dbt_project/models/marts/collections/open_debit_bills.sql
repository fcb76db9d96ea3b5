-- One row per issued bill that is not paid in full (or has nothing to pay) and whose settling account pays by bank direct
-- debit: the amount to request, and from which account. Bank and account are those of the newest export that has the
-- account.
with open_bills as (
    select
        balances.settling_account_id as account_id,
        bills.account_id as bill_account_id,
        bills.billing_period,
        bills.issued_on,
        bills.due_on,
        case when bills.amount < 0 then bills.amount else balances.open_amount end as amount
    from {{ ref('bills') }} as bills
    inner join {{ ref('int_bill_balances') }} as balances
        on bills.account_id = balances.account_id and bills.billing_period = balances.billing_period
    where not bills.is_provisional and (bills.amount <= 0 or balances.open_amount > 0)
),
accounts as (
    select * from {{ ref('int_accounts_known') }}
),
-- A bank that reports by a scheme has no codes of its own in the book; its delivered files show that it exists.
known_banks as (
    select bank_code from {{ ref('debit_result_codes') }}
    union
    select bank_code from {{ ref('stg_bank__debit_batches') }}
    where is_accepted
)
select
    open_bills.account_id,
    open_bills.bill_account_id,
    open_bills.billing_period,
    payers.bank_code,
    payers.bank_account,
    customers.name as customer_name,
    payers.opened_on as account_opened_on,
    cast(open_bills.amount as {{ money() }}) as amount,
    open_bills.issued_on,
    open_bills.due_on,
    case
        when open_bills.amount <= 0 then 'there is nothing to collect: the bill is not above zero'
        when payers.account_id is null then 'the account that settles is in no accounts export'
        when coalesce(payers.bank_code, '') = '' then 'the account pays by debit but names no bank'
        when known_banks.bank_code is null then 'bank ' || payers.bank_code || ' has no result codes and never answered'
        when coalesce(payers.bank_account, '') = '' then 'the account pays by debit but has no bank account'
        when not {{ is_bank_account('payers.bank_account') }}
            then 'bank account ' || payers.bank_account || ' is not valid: it has to be 6 to 34 letters and digits'
    end as fault
from open_bills
left join accounts as payers on open_bills.account_id = payers.account_id
left join accounts as own_accounts on open_bills.bill_account_id = own_accounts.account_id
left join {{ ref('int_customers_known') }} as customers on payers.customer_id = customers.customer_id
left join known_banks on payers.bank_code = known_banks.bank_code
where
    payers.payment_method = 'debit'
    or (payers.account_id is null and own_accounts.payment_method = 'debit')
