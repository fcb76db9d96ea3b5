-- One row per terminal (终端) of an outlet that was installed by the as-of date (terminal_id), of the newest outlet_terminals export:
-- its backup line, when it is due for inspection, and since when it is out of order. A date after the as-of date does not count.
-- What is due: `terminal_inspection_days` (gate_thresholds) after the last inspection, else after the installation. Where neither
-- day is known the inspection is overdue.
with terminals as (
    select
        *,
        case when last_inspected_on <= {{ as_of_date() }} then last_inspected_on end as inspected_on,
        case when fault_since <= {{ as_of_date() }} then fault_since end as faulty_since
    from {{ ref('stg_crm__outlet_terminals') }}
    where installed_on is null or installed_on <= {{ as_of_date() }}
),
limits as (
    select cast(max(warn_above) as integer) as inspection_days
    from {{ source('raw', 'gate_thresholds') }}
    where gate_id = 'terminal_inspection_days'
),
due as (
    select
        terminals.*,
        limits.inspection_days,
        {{ add_days('coalesce(terminals.inspected_on, terminals.installed_on)', 'limits.inspection_days') }} as inspection_due_on
    from terminals
    cross join limits
)
select
    due.terminal_id,
    {{ or_unassigned('outlets.outlet_id') }} as outlet_id,
    {{ or_unassigned('outlets.business_unit_id') }} as business_unit_id,
    due.access_kind,
    due.has_backup_line as is_backup_there,
    due.installed_on,
    due.inspected_on as last_inspected_on,
    due.inspection_due_on,
    due.inspection_days is not null and coalesce(due.inspection_due_on < {{ as_of_date() }}, true) as is_inspection_overdue,
    due.faulty_since as fault_since,
    {{ days_between('due.faulty_since', as_of_date()) }} as days_faulty,
    case when due.faulty_since is not null then due.fault_note end as fault_note
from due
left join {{ ref('outlets') }} as outlets on due.outlet_id = outlets.outlet_id
