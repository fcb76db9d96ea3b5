-- reads: number_conflicts
-- One row per number and kind of contradiction in its data.
select
    service_number,
    kind,
    outlet_id
from number_conflicts
where $outlet is null or coalesce(outlet_id, 'unassigned') = $outlet
order by kind asc, service_number asc
