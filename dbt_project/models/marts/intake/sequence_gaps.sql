-- One row per stretch of file numbers that a switch skipped, between the numbers of its registered files that are not rejected.
with numbers as (
    select distinct switch_id, sequence_number
    from {{ ref('stg_ledger__files') }}
    where file_kind = 'cdr' and file_status <> 'rejected' and sequence_number is not null
),
neighbours as (
    select
        switch_id,
        sequence_number,
        lead(sequence_number) over (partition by switch_id order by sequence_number) as next_number
    from numbers
)
select
    switch_id,
    cast(sequence_number + 1 as bigint) as missing_from,
    cast(next_number - 1 as bigint) as missing_to
from neighbours
where next_number > sequence_number + 1
