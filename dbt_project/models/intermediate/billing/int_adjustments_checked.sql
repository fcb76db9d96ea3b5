-- One row per adjustment or write-off dated up to the as-of date (adjustment_id), with the fault for which it does not count: its
-- kind, its approval, its account and its bill item are checked (SPEC 6). What is wrong with the amount of a write-off is
-- found in int_write_offs. One that stands on a closed bill is not checked again: it is not here.
with first_period as (
    select min(billing_period) as billing_period from {{ ref('int_billing_periods') }}
)
select
    known.adjustment_id,
    known.account_id,
    known.kind,
    known.amount,
    known.dated_on,
    known.bill_item_id,
    known.service_number,
    known.reason,
    known.prepared_by,
    known.approved_by,
    known.reverses_adjustment_id,
    case
        when known.kind not in ('charge', 'credit', 'write_off', 'write_off_reversal') then 'kind_unknown'
        when accounts.account_id is null then 'account_unknown'
        when coalesce(trim(known.approved_by), '') = '' then 'not_approved'
        when coalesce(trim(known.prepared_by), '') = '' then 'no_preparer'
        when lower(trim(known.approved_by)) = lower(trim(known.prepared_by)) then 'approved_by_preparer'
        when known.kind in ('charge', 'credit') and items.bill_item_id is null then 'bill_item_unknown'
        when {{ period_of('known.dated_on') }} < first_period.billing_period then 'before_first_period'
    end as fault
from {{ ref('int_account_adjustments_known') }} as known
cross join first_period
left join {{ ref('int_accounts_known') }} as accounts on known.account_id = accounts.account_id
left join {{ ref('bill_items') }} as items on known.bill_item_id = items.bill_item_id
left join {{ source('closed', 'adjustments') }} as closed on known.adjustment_id = closed.adjustment_id
where known.dated_on <= {{ as_of_date() }} and closed.adjustment_id is null
