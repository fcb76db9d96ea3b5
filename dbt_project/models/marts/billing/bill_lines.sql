-- One row per (account_id, service_number, billing_period, bill_item_id, line_kind): a line of a bill. Lines of closed
-- periods stay as they were closed. A line with amount zero is left out.
with lines as (
    select account_id, service_number, billing_period, bill_item_id, line_kind, amount
    from {{ ref('int_charge_lines') }}
    union all
    select account_id, service_number, billing_period, bill_item_id, 'promotion' as line_kind, amount
    from {{ ref('int_promotion_lines') }}
    union all
    select account_id, service_number, billing_period, bill_item_id, 'adjustment' as line_kind, amount
    from {{ ref('int_adjustment_lines') }}
    union all
    select account_id, service_number, billing_period, bill_item_id, 'manual_adjustment' as line_kind, amount
    from {{ ref('int_manual_adjustment_lines') }}
    union all
    select account_id, service_number, billing_period, bill_item_id, 'late_fee' as line_kind, amount
    from {{ ref('int_late_fee_lines') }}
)
select
    account_id,
    service_number,
    billing_period,
    bill_item_id,
    line_kind,
    cast(sum(amount) as {{ money() }}) as amount
from lines
group by account_id, service_number, billing_period, bill_item_id, line_kind
having sum(amount) <> 0
union all
select account_id, service_number, billing_period, bill_item_id, line_kind, amount
from {{ source('closed', 'bill_lines') }}
