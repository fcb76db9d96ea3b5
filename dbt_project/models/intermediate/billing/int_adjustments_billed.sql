-- One row per charge or credit on a bill (adjustment_id), with the period of the bill: that of its date, or where that was closed
-- without it the oldest open period (SPEC 6). Those of closed bills are as they were closed.
with oldest_open as (
    select min(billing_period) as billing_period from {{ ref('int_billing_periods') }}
    where not is_closed
)
select
    checked.adjustment_id,
    checked.account_id,
    checked.kind,
    checked.amount,
    checked.dated_on,
    checked.bill_item_id,
    checked.service_number,
    checked.reason,
    checked.prepared_by,
    checked.approved_by,
    case when periods.is_closed then oldest_open.billing_period else periods.billing_period end as billing_period
from {{ ref('int_adjustments_checked') }} as checked
inner join {{ ref('int_billing_periods') }} as periods on {{ period_of('checked.dated_on') }} = periods.billing_period
cross join oldest_open
where checked.fault is null and checked.kind in ('charge', 'credit')
union all
select
    adjustment_id, account_id, kind, amount, dated_on, bill_item_id, service_number, reason, prepared_by, approved_by,
    billing_period
from {{ source('closed', 'adjustments') }}
