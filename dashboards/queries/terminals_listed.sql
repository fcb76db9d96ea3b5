-- reads: outlet_terminals
-- One row per terminal, those out of order on top, then those that are due for inspection first.
select
    terminal_id,
    outlet_id,
    business_unit_id,
    access_kind,
    is_backup_there,
    installed_on,
    last_inspected_on,
    inspection_due_on,
    is_inspection_overdue,
    fault_since,
    days_faulty,
    fault_note
from outlet_terminals
where
    ($unit is null or business_unit_id = $unit)
    and ($outlet is null or outlet_id = $outlet)
order by days_faulty desc nulls last, is_inspection_overdue desc, inspection_due_on asc nulls first, terminal_id asc
