-- One row per (billing_period, call_period): rated calls that arrived after their own period was closed, and the period in
-- which they were billed.
select
    usage.billing_period,
    {{ period_of('usage.call_date') }} as call_period,
    cast(sum(usage.calls) as bigint) as calls,
    cast(sum(usage.amount) as decimal(28, 6)) as amount,
    min(usage.call_date) as first_call_date
from {{ ref('int_usage_daily') }} as usage
inner join {{ source('closed', 'periods') }} as closed on {{ period_of('usage.call_date') }} = closed.billing_period
where usage.billing_period > {{ period_of('usage.call_date') }}
group by usage.billing_period, {{ period_of('usage.call_date') }}
