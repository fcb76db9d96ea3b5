-- reads: revenue_balance_monthly
-- One row per month of the balance, the newest first: what each of its steps comes to.
select
    billing_period,
    cast(coalesce(sum(records) filter (where step = 'read'), 0) as bigint) as read_records,
    cast(coalesce(sum(amount) filter (where step = 'state'), 0) as decimal(18, 6)) as rated_amount,
    cast(coalesce(sum(estimated_amount), 0) as decimal(18, 6)) as suspended_amount,
    cast(coalesce(sum(amount) filter (where step = 'charge'), 0) as decimal(18, 6)) as charged_amount,
    cast(coalesce(sum(amount) filter (where step = 'line' and item = 'usage'), 0) as decimal(18, 2)) as usage_amount,
    cast(coalesce(sum(amount) filter (where step = 'bill'), 0) as decimal(18, 2)) as bill_amount,
    cast(
        coalesce(sum(amount) filter (where step = 'settlement' and item <> 'written_off'), 0) as decimal(18, 2)
    ) as applied_amount,
    cast(
        coalesce(sum(amount) filter (where step = 'settlement' and item = 'written_off'), 0) as decimal(18, 2)
    ) as written_off_amount,
    cast(coalesce(sum(amount) filter (where step = 'open'), 0) as decimal(18, 2)) as open_amount
from revenue_balance_monthly
where step not in ('cash', 'left')
group by billing_period
order by billing_period desc
