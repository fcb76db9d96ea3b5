-- reads: complaint_handling
-- One row per month of opening, unit, outlet and kind, the newest month first.
select
    opened_month,
    business_unit_id,
    outlet_id,
    kind,
    opened,
    closed,
    still_open,
    overdue,
    median_hours,
    mean_hours,
    longest_hours
from complaint_handling
where
    ($unit is null or business_unit_id = $unit)
    and ($outlet is null or outlet_id = $outlet)
order by opened_month desc, business_unit_id asc, outlet_id asc, kind asc
