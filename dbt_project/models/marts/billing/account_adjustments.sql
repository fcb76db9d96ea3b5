-- One row per adjustment or write-off dated up to the as-of date (adjustment_id): who approved it, the bill on which a charge or credit
-- stands, and what counts of it. `fault` says why it does not count, or why its newest form does not: a charge or credit of a
-- closed bill stays as it was closed (changed_after_closing). The unit and outlet are those of the account on the as-of date.
with owners as (
    select account_id, business_unit_id, outlet_id
    from {{ ref('int_account_owners') }}
    where valid_from <= {{ as_of_date() }} and valid_to > {{ as_of_date() }}
),
adjustments as (
    select
        checked.adjustment_id,
        checked.account_id,
        checked.kind,
        checked.amount,
        checked.dated_on,
        billed.billing_period,
        checked.bill_item_id,
        checked.service_number,
        checked.reason,
        checked.prepared_by,
        checked.approved_by,
        checked.reverses_adjustment_id,
        write_offs.possible_amount,
        case
            when checked.kind = 'charge' and billed.adjustment_id is not null then checked.amount
            when checked.kind = 'credit' and billed.adjustment_id is not null then -checked.amount
            else coalesce(write_offs.counted_amount, 0)
        end as counted_amount,
        coalesce(checked.fault, write_offs.fault) as fault
    from {{ ref('int_adjustments_checked') }} as checked
    left join {{ ref('int_adjustments_billed') }} as billed on checked.adjustment_id = billed.adjustment_id
    left join {{ ref('int_write_offs') }} as write_offs on checked.adjustment_id = write_offs.adjustment_id
    union all
    select
        closed.adjustment_id,
        closed.account_id,
        closed.kind,
        closed.amount,
        closed.dated_on,
        closed.billing_period,
        closed.bill_item_id,
        closed.service_number,
        closed.reason,
        closed.prepared_by,
        closed.approved_by,
        cast(null as varchar) as reverses_adjustment_id,
        cast(null as {{ money() }}) as possible_amount,
        case closed.kind when 'credit' then -closed.amount else closed.amount end as counted_amount,
        case
            when
                known.account_id <> closed.account_id or known.kind <> closed.kind or known.amount <> closed.amount
                or known.dated_on <> closed.dated_on or known.service_number <> closed.service_number
                or coalesce(known.bill_item_id, '') <> coalesce(closed.bill_item_id, '')
                then 'changed_after_closing'
        end as fault
    from {{ source('closed', 'adjustments') }} as closed
    left join {{ ref('int_account_adjustments_known') }} as known on closed.adjustment_id = known.adjustment_id
)
select
    adjustments.adjustment_id,
    adjustments.account_id,
    owners.business_unit_id,
    owners.outlet_id,
    adjustments.kind,
    cast(adjustments.amount as {{ money() }}) as amount,
    adjustments.dated_on,
    adjustments.billing_period,
    adjustments.bill_item_id,
    adjustments.service_number,
    adjustments.reason,
    adjustments.prepared_by,
    adjustments.approved_by,
    adjustments.reverses_adjustment_id,
    cast(adjustments.possible_amount as {{ money() }}) as possible_amount,
    cast(adjustments.counted_amount as {{ money() }}) as counted_amount,
    adjustments.fault
from adjustments
left join owners on adjustments.account_id = owners.account_id
