-- reads: customer_records_incomplete
-- One row per record of the newest exports and rule that it breaks, those that break it longest first.
select
    export_table,
    record_id,
    field,
    rule_zh,
    rule_en,
    business_unit_id,
    outlet_id,
    failing_rows,
    first_seen_on,
    rule_id
from customer_records_incomplete
where $outlet is null or coalesce(outlet_id, 'unassigned') = $outlet
order by first_seen_on asc nulls last, export_table asc, record_id asc, rule_id asc, field asc, rule_en asc
