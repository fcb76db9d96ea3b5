-- reads: complaints, terminal_coverage, trainings
-- One row: what the optional exports say of all outlets. A count of outlets or complaints is 0 where the export was never delivered.
with coverage as (
    select
        coalesce(sum(outlets), 0) as outlets,
        coalesce(sum(outlets_with_terminal), 0) as outlets_with_terminal,
        coalesce(sum(outlets_with_backup), 0) as outlets_with_backup,
        coalesce(sum(inspections_overdue), 0) as inspections_overdue,
        coalesce(sum(open_faults), 0) as open_faults
    from terminal_coverage
),
opened as (
    select
        count(*) as complaints,
        count(*) filter (where not is_closed) as complaints_open,
        count(*) filter (where not is_closed and is_overdue) as complaints_overdue
    from complaints
),
held as (
    select
        count(*) as trainings,
        count(*) filter (where is_held) as trainings_held,
        coalesce(sum(examined), 0) as examined,
        coalesce(sum(passed), 0) as passed
    from trainings
)
select *
from coverage
cross join opened
cross join held
