-- reads: bill_write_offs, bills, payment_applications
-- One row per billing period and month, from the month in which its bills were issued to that of the as-of date: billed, applied and
-- written off in the month, and open at its end. Of the whole branch, or of one business unit.
with issued_bills as (
    select
        account_id,
        billing_period,
        issued_on,
        strftime(issued_on, '%Y-%m') as month,
        amount
    from bills
    where not is_provisional and ($unit is null or coalesce(business_unit_id, 'unassigned') = $unit)
),

billed as (
    select
        billing_period,
        month,
        sum(amount) as amount
    from issued_bills
    group by billing_period, month
),

applied as (
    select
        issued_bills.billing_period,
        strftime(greatest(payment_applications.applied_on, issued_bills.issued_on), '%Y-%m') as month,
        sum(payment_applications.amount) as amount
    from payment_applications
    inner join issued_bills
        on
            payment_applications.account_id = issued_bills.account_id
            and payment_applications.billing_period = issued_bills.billing_period
    group by all
),

given_up as (
    select
        issued_bills.billing_period,
        strftime(greatest(bill_write_offs.written_off_on, issued_bills.issued_on), '%Y-%m') as month,
        sum(bill_write_offs.amount) as amount
    from bill_write_offs
    inner join issued_bills
        on
            bill_write_offs.account_id = issued_bills.account_id
            and bill_write_offs.billing_period = issued_bills.billing_period
    group by all
),

first_months as (
    select
        billing_period,
        min(month) as month
    from billed
    group by billing_period
),

months as (
    select
        first_months.billing_period,
        strftime(calendar.month, '%Y-%m') as month
    from first_months
    inner join
        (
            select
                unnest(
                    generate_series(
                        (select cast(min(first_months.month) || '-01' as date) from first_months),
                        date_trunc('month', cast($as_of as date)),
                        interval 1 month
                    )
                ) as month
        ) as calendar
        on first_months.month <= strftime(calendar.month, '%Y-%m')
)

select
    months.billing_period,
    months.month,
    cast(coalesce(billed.amount, 0) as decimal(18, 2)) as billed,
    cast(coalesce(applied.amount, 0) as decimal(18, 2)) as applied,
    cast(coalesce(given_up.amount, 0) as decimal(18, 2)) as written_off,
    cast(
        sum(coalesce(billed.amount, 0) - coalesce(applied.amount, 0) - coalesce(given_up.amount, 0)) over (
            partition by months.billing_period order by months.month
        ) as decimal(18, 2)
    ) as open_at_end
from months
left join billed on months.billing_period = billed.billing_period and months.month = billed.month
left join applied on months.billing_period = applied.billing_period and months.month = applied.month
left join given_up on months.billing_period = given_up.billing_period and months.month = given_up.month
order by months.billing_period asc, months.month asc
