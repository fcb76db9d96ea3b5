-- One row per (account_id, service_number, billing_period, bill_item_id, line_kind) of the open periods: the usage and
-- recurring lines from which the promotions are computed.
with lines as (
    select account_id, service_number, billing_period, bill_item_id, 'usage' as line_kind, amount
    from {{ ref('int_usage_lines') }}
    union all
    select account_id, service_number, billing_period, bill_item_id, 'recurring' as line_kind, amount
    from {{ ref('int_recurring_lines') }}
)
select
    lines.account_id,
    lines.service_number,
    lines.billing_period,
    lines.bill_item_id,
    items.item_kind,
    lines.line_kind,
    cast(sum(lines.amount) as {{ money() }}) as amount
from lines
left join {{ ref('bill_items') }} as items on lines.bill_item_id = items.bill_item_id
group by lines.account_id, lines.service_number, lines.billing_period, lines.bill_item_id, items.item_kind, lines.line_kind
