-- One row per outlet of the reference book (outlet_id), and the row `unassigned` where a terminal's outlet is not in the book: how many
-- terminals it has, with a backup line, overdue for inspection and out of order. Every column can be added up over outlets. Without
-- an outlet_terminals export there is no row: nothing is known then.
with outlets as (
    select outlet_id, business_unit_id, 1 as outlets from {{ ref('outlets') }}
    union all
    select 'unassigned' as outlet_id, 'unassigned' as business_unit_id, 0 as outlets
),
terminals as (
    select
        outlet_id,
        count(*) as terminals,
        sum(case when is_backup_there then 1 else 0 end) as terminals_with_backup,
        sum(case when is_inspection_overdue then 1 else 0 end) as inspections_overdue,
        count(fault_since) as open_faults
    from {{ ref('outlet_terminals') }}
    group by outlet_id
)
select
    outlets.outlet_id,
    outlets.business_unit_id,
    cast(outlets.outlets as bigint) as outlets,
    cast(case when terminals.terminals > 0 then outlets.outlets else 0 end as bigint) as outlets_with_terminal,
    cast(case when terminals.terminals_with_backup > 0 then outlets.outlets else 0 end as bigint) as outlets_with_backup,
    cast(coalesce(terminals.terminals, 0) as bigint) as terminals,
    cast(coalesce(terminals.terminals_with_backup, 0) as bigint) as terminals_with_backup,
    cast(coalesce(terminals.inspections_overdue, 0) as bigint) as inspections_overdue,
    cast(coalesce(terminals.open_faults, 0) as bigint) as open_faults
from outlets
left join terminals on outlets.outlet_id = terminals.outlet_id
where
    (outlets.outlets = 1 or terminals.terminals > 0)
    and exists (select 1 from {{ ref('int_newest_exports') }} as exports where exports.export_table = 'outlet_terminals')
