-- One row per (account_id, service_number, billing_period, bill_item_id) of an open period with charges or credits that a person
-- has approved: their sum. Promotions do not apply to it.
select
    billed.account_id,
    billed.service_number,
    billed.billing_period,
    billed.bill_item_id,
    cast(sum(case billed.kind when 'credit' then -billed.amount else billed.amount end) as {{ money() }}) as amount
from {{ ref('int_adjustments_billed') }} as billed
inner join {{ ref('int_billing_periods') }} as periods on billed.billing_period = periods.billing_period
where not periods.is_closed
group by billed.account_id, billed.service_number, billed.billing_period, billed.bill_item_id
