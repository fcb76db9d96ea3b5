-- One row per terminal of the newest outlet_terminals export dated up to the as-of date.
select
    terminal_id,
    outlet_id,
    access_kind,
    has_backup_line,
    installed_on,
    last_inspected_on,
    fault_since,
    fault_note
from {{ source('raw', 'crm_outlet_terminals') }}
