-- One row per bill and month (account_id, unpaid_period, fee_period) in which a late fee accrued (SPEC 6), up to the as-of date: for each
-- day after the due date, the percent in force of what is unpaid of the principal at the end of the day. The principal is the bill
-- without late fees, which payments pay first. The fees of a bill are summed exactly, never exceed its principal, and are rounded
-- half-up to 0.01 as a running total; `amount` is what the month adds to it. A fee is billed by the closing of its month.
with rules as (
    select
        valid_from,
        coalesce(valid_to, {{ end_of_time() }}) as valid_to,
        percent_per_day,
        bill_item_id
    from {{ ref('late_fee_rules') }}
),
fees_on_bills as (
    select account_id, billing_period, sum(amount) as amount
    from {{ ref('bill_lines') }}
    where line_kind = 'late_fee'
    group by account_id, billing_period
),
bills as (
    select
        bills.account_id,
        bills.billing_period,
        {{ add_days('bills.due_on', 1) }} as overdue_from,
        {{ add_days(as_of_date(), 1) }} as overdue_to,
        bills.amount - coalesce(fees_on_bills.amount, 0) as principal
    from {{ ref('bills') }} as bills
    left join fees_on_bills
        on bills.account_id = fees_on_bills.account_id and bills.billing_period = fees_on_bills.billing_period
    where
        not bills.is_provisional
        and bills.amount - coalesce(fees_on_bills.amount, 0) > 0
        and bills.due_on < {{ as_of_date() }}
        and exists (select 1 from rules)
),
settlements as (
    select settlements.account_id, settlements.billing_period, settlements.applied_on, sum(settlements.amount) as amount
    from {{ ref('int_bill_settlements') }} as settlements
    inner join bills
        on settlements.account_id = bills.account_id and settlements.billing_period = bills.billing_period
    group by settlements.account_id, settlements.billing_period, settlements.applied_on
),
-- The days on which what is unpaid changes, and the day after the due date.
changes as (
    select account_id, billing_period, overdue_from as starts_on, cast(0 as {{ money() }}) as amount
    from bills
    union all
    select
        settlements.account_id,
        settlements.billing_period,
        greatest(settlements.applied_on, bills.overdue_from) as starts_on,
        settlements.amount
    from settlements
    inner join bills
        on settlements.account_id = bills.account_id and settlements.billing_period = bills.billing_period
),
changes_of_days as (
    select account_id, billing_period, starts_on, sum(amount) as amount
    from changes
    group by account_id, billing_period, starts_on
),
stretches as (
    select
        changes_of_days.account_id,
        changes_of_days.billing_period,
        changes_of_days.starts_on,
        coalesce(lead(changes_of_days.starts_on) over (
            partition by changes_of_days.account_id, changes_of_days.billing_period order by changes_of_days.starts_on
        ), bills.overdue_to) as ends_on,
        bills.principal,
        greatest(bills.principal - sum(changes_of_days.amount) over (
            partition by changes_of_days.account_id, changes_of_days.billing_period order by changes_of_days.starts_on
            rows between unbounded preceding and current row
        ), 0) as unpaid
    from changes_of_days
    inner join bills
        on changes_of_days.account_id = bills.account_id and changes_of_days.billing_period = bills.billing_period
),
months as (
    select
        {{ period_of('starts_on') }} as fee_period,
        starts_on,
        {{ next_month_start('starts_on') }} as ends_on
    from {{ ref('int_billing_periods') }}
),
charged as (
    select
        stretches.account_id,
        stretches.billing_period,
        months.fee_period,
        stretches.principal,
        rules.bill_item_id,
        {{ days_between(
            'greatest(stretches.starts_on, months.starts_on, rules.valid_from)',
            'least(stretches.ends_on, months.ends_on, rules.valid_to)'
        ) }} as days,
        -- Whole numbers, so that their product is exact: 10^8 of it are a cent.
        cast(stretches.unpaid * 100 as decimal(15, 0)) as unpaid_cents,
        cast(rules.percent_per_day * 1000000 as decimal(9, 0)) as millionths_of_percent
    from stretches
    inner join months on stretches.starts_on < months.ends_on and months.starts_on < stretches.ends_on
    inner join rules
        on
            greatest(stretches.starts_on, months.starts_on) < rules.valid_to
            and rules.valid_from < least(stretches.ends_on, months.ends_on)
    where stretches.unpaid > 0
),
of_months as (
    select
        account_id,
        billing_period,
        fee_period,
        principal,
        cast(sum(days) as bigint) as days,
        max(bill_item_id) as bill_item_id,
        sum(unpaid_cents * millionths_of_percent * cast(days as decimal(6, 0))) as exact_fee
    from charged
    group by account_id, billing_period, fee_period, principal
),
running as (
    select
        *,
        sum(exact_fee) over (
            partition by account_id, billing_period order by fee_period rows between unbounded preceding and current row
        ) as fee_so_far
    from of_months
),
rounded as (
    select
        *,
        least(principal, {{ divided_to_cents('fee_so_far', '100000000') }}) as borne
    from running
)
select
    account_id,
    billing_period as unpaid_period,
    fee_period,
    bill_item_id,
    days,
    cast(principal as {{ money() }}) as principal,
    cast(borne - coalesce(lag(borne) over (partition by account_id, billing_period order by fee_period), 0) as {{ money() }}) as amount
from rounded
