-- One row per payer group and source of money that is known and pays no bill yet (payer_group, money_kind, source_id): payments
-- dated after the as-of date, payments on an account that no export has, prepaid money, and debits that a bank has not
-- answered. A payment on an unknown account may be meant for every account whose id differs by leading zeros only.
with unknown_payments as (
    select payments.account_id, sum(payments.amount) as amount, max(cast(payments.paid_at as date)) as known_on
    from {{ ref('int_payments') }} as payments
    left join (select distinct reversal_id from {{ ref('int_reversals_taken') }}) as taken on payments.payment_id = taken.reversal_id
    where
        (payments.amount > 0 and not payments.is_applicable)
        or (payments.amount < 0 and taken.reversal_id is null)
    group by payments.account_id
),
later_payments as (
    select account_id, sum(amount) as amount, min(cast(paid_at as date)) as known_on
    from {{ ref('int_payments_known') }}
    where vanished_on is null and cast(paid_at as date) > {{ as_of_date() }}
    group by account_id
),
money_of_accounts as (
    select 1 as kind_order, 'payment_dated_later' as money_kind, account_id as source_id, account_id, amount, known_on
    from later_payments
    union all
    select 2 as kind_order, 'payment_on_unknown_account' as money_kind, account_id as source_id, account_id, amount, known_on
    from unknown_payments
    union all
    select
        3 as kind_order, 'prepaid_elsewhere' as money_kind, settling_account_id as source_id, settling_account_id as account_id,
        prepaid_amount as amount, newest_payment_on as known_on
    from {{ ref('prepaid_balances') }}
    union all
    select
        4 as kind_order, 'debit_unanswered' as money_kind,
        requests.bank_code || ':' || requests.batch_id || ':' || cast(requests.line as varchar) as source_id,
        requests.account_id, requests.amount, requests.requested_on as known_on
    from {{ ref('debit_requests') }} as requests
    inner join {{ ref('int_debits_requested') }} as lines
        on requests.bank_code = lines.bank_code and requests.batch_id = lines.batch_id and requests.line = lines.line
    -- A request that was made again never reached the bank: the newer one counts.
    where requests.result = 'unanswered' and lines.asked_again_on is null
),
groups as (
    select * from {{ ref('int_payer_groups') }}
),
groups_of_accounts as (
    select sources.account_id, groups.payer_group
    from (select distinct account_id from money_of_accounts) as sources
    inner join groups on sources.account_id = groups.account_id
    union
    select sources.account_id, groups.payer_group
    from (select distinct account_id from money_of_accounts) as sources
    left join {{ ref('int_accounts_known') }} as known on sources.account_id = known.account_id
    inner join groups on ltrim(sources.account_id, '0') = ltrim(groups.account_id, '0')
    where known.account_id is null
)
select
    groups_of_accounts.payer_group,
    sources.money_kind,
    sources.source_id,
    sources.kind_order,
    sources.account_id,
    cast(sources.amount as {{ money() }}) as amount,
    sources.known_on
from money_of_accounts as sources
inner join groups_of_accounts on sources.account_id = groups_of_accounts.account_id
where sources.amount > 0
