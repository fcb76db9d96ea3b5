-- reads: terminal_coverage
-- One row per business unit: its outlets, and their terminals, each added up over the outlets.
select
    business_unit_id,
    cast(sum(outlets) as bigint) as outlets,
    cast(sum(outlets_with_terminal) as bigint) as outlets_with_terminal,
    cast(sum(outlets_with_backup) as bigint) as outlets_with_backup,
    cast(sum(terminals) as bigint) as terminals,
    cast(sum(terminals_with_backup) as bigint) as terminals_with_backup,
    cast(sum(inspections_overdue) as bigint) as inspections_overdue,
    cast(sum(open_faults) as bigint) as open_faults
from terminal_coverage
where
    ($unit is null or business_unit_id = $unit)
    and ($outlet is null or outlet_id = $outlet)
group by business_unit_id
order by business_unit_id asc
