-- reads: account_adjustments
-- One row per billing period, kind and fault of the charges, credits and write-offs, the newest period first: what they come to, and what
-- counts of it. The period is that of the bill; of a write-off, and of what stands on no bill, the month of its date.
select
    coalesce(billing_period, strftime(dated_on, '%Y-%m')) as billing_period,
    kind,
    fault,
    cast(sum(amount) as decimal(18, 2)) as amount,
    cast(sum(counted_amount) as decimal(18, 2)) as counted_amount
from account_adjustments
group by all
order by billing_period desc, kind asc, fault asc nulls first
