-- reads: complaints
-- One row per complaint that is not closed, the oldest first.
select
    complaint_id,
    account_id,
    business_unit_id,
    outlet_id,
    kind,
    was_billing_error,
    opened_at,
    handling_hours,
    is_overdue
from complaints
where
    not is_closed
    and ($unit is null or business_unit_id = $unit)
    and ($outlet is null or outlet_id = $outlet)
order by opened_at asc nulls first, complaint_id asc
