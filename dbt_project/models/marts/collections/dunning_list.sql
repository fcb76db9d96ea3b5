-- One row per unpaid bill past due as of the run's date (account_id, billing_period): what is unpaid, what of it is covered
-- by money that is known and pays no bill yet, what is to be dunned, and why. The known money of a payer group
-- (int_payer_groups) covers its unpaid bills in the order of (period, account_id), as payments would. A bill that is covered
-- in full is listed and not dunned.
with applied as (
    select
        account_id,
        billing_period,
        sum(case when is_write_off then 0 else amount end) as received,
        sum(amount) as settled,
        max(case when amount > 0 and not is_write_off then applied_on end) as last_applied_on
    from {{ ref('int_bill_settlements') }}
    group by account_id, billing_period
),
groups as (
    select * from {{ ref('int_payer_groups') }}
),
unpaid as (
    select
        groups.settling_account_id,
        groups.payer_group,
        bills.account_id,
        bills.billing_period,
        bills.customer_id,
        bills.customer_class,
        bills.business_unit_id,
        bills.agent_id,
        bills.outlet_id,
        bills.amount as bill_amount,
        coalesce(applied.received, 0) as received,
        case when coalesce(applied.received, 0) > 0 then applied.last_applied_on end as last_applied_on,
        bills.amount - coalesce(applied.settled, 0) as amount,
        bills.issued_on,
        bills.due_on,
        {{ days_between('bills.due_on', as_of_date()) }} as days_past_due,
        sum(bills.amount - coalesce(applied.settled, 0)) over (
            partition by groups.payer_group order by bills.billing_period, bills.account_id
            rows between unbounded preceding and current row
        ) as laid_until
    from {{ ref('bills') }} as bills
    inner join groups on bills.account_id = groups.account_id
    left join applied on bills.account_id = applied.account_id and bills.billing_period = applied.billing_period
    where
        not bills.is_provisional
        and bills.due_on < {{ as_of_date() }}
        and bills.amount - coalesce(applied.settled, 0) > 0
),
money_laid as (
    select
        *,
        sum(amount) over (
            partition by payer_group order by kind_order, known_on, source_id
            rows between unbounded preceding and current row
        ) as laid_until
    from {{ ref('int_money_not_applied') }}
),
-- Bills and known money of a group are laid end to end; where their stretches meet, the money covers the bill.
covering as (
    select
        unpaid.account_id,
        unpaid.billing_period,
        money_laid.money_kind,
        money_laid.account_id as cover_account_id,
        money_laid.known_on,
        money_laid.source_id,
        money_laid.laid_until,
        least(unpaid.laid_until, money_laid.laid_until)
        - greatest(unpaid.laid_until - unpaid.amount, money_laid.laid_until - money_laid.amount) as amount
    from unpaid
    inner join money_laid
        on
            unpaid.payer_group = money_laid.payer_group
            and unpaid.laid_until - unpaid.amount < money_laid.laid_until
            and money_laid.laid_until - money_laid.amount < unpaid.laid_until
),
covered as (
    select
        account_id,
        billing_period,
        sum(amount) as amount,
        {{ first_by('money_kind', 'laid_until') }} as money_kind,
        {{ first_by('cover_account_id', 'laid_until') }} as cover_account_id,
        {{ joined_text(money_not_applied_words('en'), ' ', 'laid_until') }} as words_en,
        {{ joined_text(money_not_applied_words('zh'), '', 'laid_until') }} as words_zh
    from covering
    group by account_id, billing_period
),
-- Of several that took money from the bill, the newest; a debit that the bank took back before a reversal at the counter.
gone_back as (
    select
        applications.account_id,
        applications.billing_period,
        applications.applied_on as returned_on,
        returns.return_id is not null as is_debit,
        failures.cause,
        row_number() over (
            partition by applications.account_id, applications.billing_period
            order by
                applications.applied_on desc,
                case when returns.return_id is not null then 0 else 1 end,
                taken.reversal_id
        ) as recency
    from {{ ref('payment_applications') }} as applications
    inner join {{ ref('int_reversals_taken') }} as taken
        on
            applications.settling_account_id = taken.settling_account_id
            and applications.applied_on = taken.taken_on
            and taken.payment_id is not null
    left join {{ ref('int_debit_returns') }} as returns on taken.reversal_id = returns.return_id
    left join {{ ref('int_debit_results') }} as results on returns.return_id = results.payment_id
    left join {{ ref('debit_failures') }} as failures
        on
            results.bank_code = failures.bank_code
            and results.batch_id = failures.batch_id
            and results.debited_on = failures.debited_on
            and results.line = failures.line
    where applications.amount < 0 and applications.payment_id not like 'credit:%'
),
refused as (
    select
        groups.settling_account_id,
        results.billing_period,
        failures.debited_on as refused_on,
        failures.cause,
        row_number() over (
            partition by groups.settling_account_id, results.billing_period
            order by failures.debited_on desc, failures.bank_code, failures.batch_id, failures.line
        ) as recency
    from {{ ref('debit_failures') }} as failures
    inner join {{ ref('int_debit_results') }} as results
        on
            failures.bank_code = results.bank_code
            and failures.batch_id = results.batch_id
            and failures.debited_on = results.debited_on
            and failures.line = results.line
    inner join groups on failures.account_id = groups.account_id
    where failures.returned_payment_id is null
),
taken_of_payments as (
    select payment_id, sum(amount) as amount
    from {{ ref('int_reversals_taken') }}
    where payment_id is not null
    group by payment_id
),
last_payments as (
    select
        payments.settling_account_id,
        payments.paid_on,
        payments.amount,
        row_number() over (
            partition by payments.settling_account_id order by payments.paid_at desc, payments.payment_id desc
        ) as recency
    from {{ ref('int_applicable_payments') }} as payments
    left join taken_of_payments as taken on payments.payment_id = taken.payment_id
    where payments.amount > coalesce(taken.amount, 0) and payments.payment_id not like 'credit:%'
),
merged as (
    select
        from_account_id,
        cast(merged_at as date) as merged_on,
        row_number() over (partition by from_account_id order by merged_at desc, merge_id desc) as recency
    from {{ ref('int_account_merges_known') }}
    where cast(merged_at as date) <= {{ as_of_date() }} and from_account_id <> into_account_id
),
explained as (
    select
        unpaid.*,
        coalesce(covered.amount, 0) as covering_amount,
        unpaid.amount - coalesce(covered.amount, 0) as dunned_amount,
        covered.cover_account_id,
        covered.words_en as covered_en,
        covered.words_zh as covered_zh,
        case when unpaid.account_id <> unpaid.settling_account_id then merged.merged_on end as merged_on,
        case when gone_back.is_debit then gone_back.cause when gone_back.returned_on is null then refused.cause end as debit_cause,
        coalesce(gone_back.returned_on, refused.refused_on) as refused_or_returned_on,
        last_payments.paid_on as last_payment_on,
        last_payments.amount as last_payment_amount,
        case
            when unpaid.amount <= coalesce(covered.amount, 0) then covered.money_kind
            when gone_back.is_debit then 'debit_returned'
            when gone_back.returned_on is not null then 'payment_reversed'
            when refused.refused_on is not null then 'debit_refused'
            when unpaid.received > 0 then 'paid_in_part'
            when unpaid.account_id <> unpaid.settling_account_id then 'bill_of_merged_account'
            else 'not_paid'
        end as reason
    from unpaid
    left join covered on unpaid.account_id = covered.account_id and unpaid.billing_period = covered.billing_period
    left join gone_back
        on unpaid.account_id = gone_back.account_id and unpaid.billing_period = gone_back.billing_period and gone_back.recency = 1
    left join refused
        on
            unpaid.settling_account_id = refused.settling_account_id
            and unpaid.billing_period = refused.billing_period
            and refused.recency = 1
    left join last_payments
        on unpaid.settling_account_id = last_payments.settling_account_id and last_payments.recency = 1
    left join merged on unpaid.account_id = merged.from_account_id and merged.recency = 1
)
select
    account_id,
    billing_period,
    settling_account_id,
    customer_id,
    customer_class,
    business_unit_id,
    agent_id,
    outlet_id,
    cast(bill_amount as {{ money() }}) as bill_amount,
    cast(received as {{ money() }}) as received,
    cast(amount as {{ money() }}) as amount,
    cast(covering_amount as {{ money() }}) as covering_amount,
    cast(dunned_amount as {{ money() }}) as dunned_amount,
    dunned_amount > 0 as is_dunned,
    days_past_due,
    due_on,
    reason,
    debit_cause,
    refused_or_returned_on,
    merged_on,
    cover_account_id,
    last_payment_on,
    cast(last_payment_amount as {{ money() }}) as last_payment_amount,
    {{ dunning_words('en') }} as reason_en,
    {{ dunning_words('zh') }} as reason_zh
from explained
