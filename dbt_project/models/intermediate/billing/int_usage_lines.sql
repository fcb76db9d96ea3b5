-- One row per (account_id, service_number, billing_period, bill_item_id) of an open period with calls: the exact sum of the
-- calls' amounts, rounded half up to 0.01 once (SPEC 6).
select
    usage.account_id,
    usage.service_number,
    usage.billing_period,
    usage.bill_item_id,
    {{ round_half_up('sum(usage.amount)') }} as amount
from {{ ref('int_usage_daily') }} as usage
inner join {{ ref('int_billing_periods') }} as periods on usage.billing_period = periods.billing_period
where not periods.is_closed
group by usage.account_id, usage.service_number, usage.billing_period, usage.bill_item_id
