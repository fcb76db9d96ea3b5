-- One row per registered file: what it declared, what was read, and how many of its call records ended in each state (SPEC
-- 4). read_records and the states count call records; bank and customer files have data_rows and set_aside_rows instead.
with states as (
    select
        {% for state in ['duplicate', 'other_day', 'partial', 'not_answered', 'not_charged', 'undocumented', 'unrated', 'rated'] -%}
        sum(case when state = '{{ state }}' then records else 0 end) as {{ state }},
        {% endfor -%}
        file_id
    from {{ ref('int_call_states_daily') }}
    group by file_id
),
files as (
    select
        *,
        file_kind = 'cdr' and file_status in ('loaded', 'held') as is_read
    from {{ ref('stg_ledger__files') }}
)
select
    files.file_id,
    files.file_name,
    files.source,
    files.file_kind,
    files.switch_id,
    files.file_date,
    files.sequence_number,
    files.file_status,
    files.status_reason,
    files.declared_records,
    cast(case when files.is_read then coalesce(files.read_records, 0) else 0 end as bigint) as read_records,
    cast(case when files.is_read then coalesce(files.malformed_records, 0) else 0 end as bigint) as malformed,
    cast(case when files.is_read then coalesce(files.ignored_records, 0) else 0 end as bigint) as ignored,
    cast(case
        when files.is_read and files.file_status = 'held'
            then files.read_records - files.malformed_records - coalesce(files.ignored_records, 0)
        else 0
    end as bigint) as held,
    {% for state in ['duplicate', 'other_day', 'partial', 'not_answered', 'not_charged', 'undocumented', 'unrated', 'rated'] -%}
    cast(case when files.file_status = 'loaded' then coalesce(states.{{ state }}, 0) else 0 end as bigint) as {{ state }},
    {% endfor -%}
    files.declared_seconds,
    cast(case when files.is_read then coalesce(files.read_seconds, 0) else 0 end as bigint) as read_seconds,
    cast(
        case when files.file_kind <> 'cdr' and files.file_status <> 'rejected' then coalesce(files.data_rows, 0) else 0 end
        as bigint
    ) as data_rows,
    cast(
        case when files.file_kind <> 'cdr' and files.file_status <> 'rejected' then coalesce(files.set_aside_rows, 0) else 0 end
        as bigint
    ) as set_aside_rows
from files
left join states on files.file_id = states.file_id
