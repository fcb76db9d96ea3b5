-- One row per (account_id, service_number, billing_period, bill_item_id) of an open period with posted differences of
-- re-rated closed calls: their sum. Promotions do not apply to it.
select
    lines.account_id,
    lines.service_number,
    lines.adjusted_in as billing_period,
    lines.bill_item_id,
    cast(sum(lines.amount) as {{ money() }}) as amount
from {{ ref('stg_ledger__rerating_lines') }} as lines
inner join {{ ref('int_billing_periods') }} as periods on lines.adjusted_in = periods.billing_period
where not periods.is_closed
group by lines.account_id, lines.service_number, lines.adjusted_in, lines.bill_item_id
