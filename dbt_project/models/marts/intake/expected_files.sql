-- One row per (switch_id, file_date) of the switches with a known number of files per day, from a switch's first file to the
-- as-of date (or the newest date of any file, where that is earlier): how many files were due, how many arrived, and how
-- late the missing ones are. The files of a day are due when the day is over. On the as-of day, the due share is that of the
-- switch with the largest share of its own files.
with files as (
    select * from {{ ref('stg_ledger__files') }}
    where file_date is not null and is_date_doubted is not true
),
arrived as (
    select switch_id, file_date, count(*) as arrived_files
    from files
    where file_kind = 'cdr' and file_status <> 'rejected'
    group by switch_id, file_date
),
bounds as (
    select switch_id, min(file_date) as first_date
    from arrived
    group by switch_id
),
newest as (
    -- A held file of a later day is listed, but no files of that day are due yet.
    select least(max(file_date), {{ as_of_date() }}) as last_date, {{ as_of_date() }} as as_of
    from files
),
digits as (
    select digit from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as digits (digit)
),
day_offsets as (
    select ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit as day_offset
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
),
switch_days as (
    select
        switches.switch_id,
        switches.exchange_id,
        switches.expected_files_per_day as expected_files,
        newest.as_of,
        {{ add_days('bounds.first_date', 'offsets.day_offset') }} as file_date
    from {{ ref('switches') }} as switches
    inner join bounds on switches.switch_id = bounds.switch_id
    cross join newest
    inner join day_offsets as offsets on offsets.day_offset <= {{ days_between('bounds.first_date', 'newest.last_date') }}
    where switches.expected_files_per_day > 0
),
counted as (
    select
        days.*,
        days.file_date < days.as_of as is_day_over,
        coalesce(arrived.arrived_files, 0) as arrived_files
    from switch_days as days
    left join arrived on days.switch_id = arrived.switch_id and days.file_date = arrived.file_date
),
running as (
    select
        ours.switch_id,
        ours.file_date,
        max({{ int_div('ours.expected_files * least(theirs.arrived_files, theirs.expected_files)', 'theirs.expected_files') }}) as due_files
    from counted as ours
    inner join counted as theirs on ours.file_date = theirs.file_date
    where not ours.is_day_over
    group by ours.switch_id, ours.file_date
),
due as (
    select counted.*, coalesce(running.due_files, counted.expected_files) as due_files
    from counted
    left join running on counted.switch_id = running.switch_id and counted.file_date = running.file_date
)
select
    switch_id,
    file_date,
    exchange_id,
    cast(expected_files as bigint) as expected_files,
    cast(due_files as bigint) as due_files,
    cast(arrived_files as bigint) as arrived_files,
    cast(greatest(due_files - arrived_files, 0) as bigint) as missing_files,
    case when due_files > arrived_files then {{ days_between('file_date', 'as_of') }} else 0 end as days_late,
    is_day_over
from due
