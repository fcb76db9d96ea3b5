-- reads: terminal_coverage
-- One row per outlet, those with something to do on top.
select
    outlet_id,
    business_unit_id,
    outlets,
    outlets_with_terminal,
    outlets_with_backup,
    terminals,
    terminals_with_backup,
    inspections_overdue,
    open_faults
from terminal_coverage
where
    ($unit is null or business_unit_id = $unit)
    and ($outlet is null or outlet_id = $outlet)
order by open_faults desc, inspections_overdue desc, terminals asc, outlet_id asc
