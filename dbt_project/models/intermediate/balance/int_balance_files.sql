-- One row per call file that was read (file_id): its date, its records and seconds, and the seconds by which its states
-- differ from them. Only the seconds of files with pieces of joined calls or with calls of closed periods may differ.
with states as (
    select file_id, sum(seconds) as seconds
    from {{ ref('int_call_states_daily') }}
    group by file_id
)
select
    files.file_id,
    files.file_date,
    files.file_status = 'loaded' as is_loaded,
    files.read_records,
    files.read_seconds,
    files.malformed,
    files.ignored,
    files.held,
    cast(case
        when files.file_status = 'loaded' and totals.file_id is not null and totals.seconds is null
            then files.read_seconds - coalesce(states.seconds, 0)
        else 0
    end as bigint) as restated_seconds
from {{ ref('file_reconciliation') }} as files
left join states on files.file_id = states.file_id
left join {{ source('raw', 'ledger_totals') }} as totals on files.file_id = totals.file_id
where files.file_kind = 'cdr' and files.file_status in ('loaded', 'held')
