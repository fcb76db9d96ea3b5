-- One row per (switch_id, file_date) on which fewer files are there than the switch is expected to write; days from the
-- switch's first file to the as-of date, or to the newest day of any file where that is earlier.
with files as (
    select switch_id, file_date, count(*) as files
    from {{ ref('stg_ledger__files') }}
    where file_kind = 'cdr' and file_status <> 'rejected' and file_date is not null
    group by switch_id, file_date
),
bounds as (
    select switch_id, min(file_date) as first_date
    from files
    group by switch_id
),
newest as (
    select max(file_date) as last_date from files
),
days as (
    select distinct file_date from files
)
select
    switches.switch_id,
    switches.exchange_id,
    days.file_date,
    cast(switches.expected_files_per_day as bigint) as expected_files,
    cast(coalesce(files.files, 0) as bigint) as files
from {{ ref('switches') }} as switches
inner join bounds on switches.switch_id = bounds.switch_id
cross join newest
inner join days on days.file_date >= bounds.first_date and days.file_date <= newest.last_date
left join files on switches.switch_id = files.switch_id and days.file_date = files.file_date
where switches.expected_files_per_day is not null and coalesce(files.files, 0) < switches.expected_files_per_day
