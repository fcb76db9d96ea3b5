-- reads: file_reconciliation
-- One row per month of the dates of CDR files, between two: records read, and records set aside.
select
    strftime(file_date, '%Y-%m') as month,
    cast(coalesce(sum(read_records), 0) as bigint) as read_records,
    cast(coalesce(sum(malformed + held + duplicate + other_day + undocumented + unrated), 0) as bigint)
        as set_aside_records
from file_reconciliation
where file_kind = 'cdr' and strftime(file_date, '%Y-%m') between $first_month and $last_month
group by strftime(file_date, '%Y-%m')
order by month
