-- One row per stretch of file numbers that a switch skipped, between the numbers of its registered files that are not
-- rejected, with the days since it is missing. A switch's counter starts again: its first number follows its last, and that
-- is not a gap. Where the book does not give the last number, it is the largest number with as many digits as the switch
-- writes (at least six). 0 is a number of the counter only if the switch has ever written it.
with files as (
    select distinct switch_id, file_date, sequence_number, coalesce(is_date_doubted, false) as is_date_doubted
    from {{ ref('stg_ledger__files') }}
    where file_kind = 'cdr' and file_status <> 'rejected' and sequence_number is not null
),
seen as (
    select switch_id, min(sequence_number) as smallest_seen, max(sequence_number) as largest_seen
    from files
    group by switch_id
),
counters as (
    select
        seen.switch_id,
        least(coalesce(switches.first_sequence, 1), seen.smallest_seen) as first_number,
        greatest(
            coalesce(
                switches.last_sequence,
                cast(rpad('9', cast(greatest(length(cast(seen.largest_seen as varchar)), 6) as integer), '9') as bigint)
            ),
            seen.largest_seen
        ) as last_number
    from seen
    left join {{ ref('switches') }} as switches on seen.switch_id = switches.switch_id
),
stepped as (
    select
        files.switch_id,
        files.file_date,
        files.is_date_doubted,
        files.sequence_number,
        counters.first_number,
        counters.last_number - counters.first_number + 1 as numbers_in_cycle,
        files.sequence_number - lag(files.sequence_number) over (
            partition by files.switch_id order by files.file_date asc nulls first, files.sequence_number asc
        ) as step
    from files
    inner join counters on files.switch_id = counters.switch_id
),
-- The position of a file in the switch's whole history: a step of more than half the cycle passes the end of the counter.
placed as (
    select
        switch_id,
        case when not is_date_doubted then file_date end as file_date,
        first_number,
        numbers_in_cycle,
        sum(
            case
                when step is null then sequence_number - first_number
                when 2 * step > numbers_in_cycle then step - numbers_in_cycle
                when 2 * step <= -numbers_in_cycle then step + numbers_in_cycle
                else step
            end
        ) over (
            partition by switch_id order by file_date asc nulls first, sequence_number asc
            rows between unbounded preceding and current row
        ) as file_position
    from stepped
),
positions as (
    select switch_id, first_number, numbers_in_cycle, file_position, min(file_date) as file_date
    from placed
    group by switch_id, first_number, numbers_in_cycle, file_position
),
neighbours as (
    select
        *,
        lead(file_position) over (partition by switch_id order by file_position) as next_position,
        coalesce(
            lead(file_date) over (partition by switch_id order by file_position),
            -- A doubted date does not show when the gap appeared; the next file with an undoubted date does.
            min(file_date) over (partition by switch_id order by file_position rows between 1 following and unbounded following),
            {{ as_of_date() }}
        ) as next_date
    from positions
),
gaps as (
    select
        switch_id,
        {% for end, position in [('missing_from', 'file_position + 1'), ('missing_to', 'next_position - 1')] -%}
        -- A file from before the first registered one has a position below 0.
        first_number + (({{ position }}) % numbers_in_cycle + numbers_in_cycle) % numbers_in_cycle as {{ end }},
        {% endfor -%}
        next_position - file_position - 1 as missing_files,
        next_date as gap_since
    from neighbours
    where next_position > file_position + 1
)
select
    switch_id,
    cast(missing_from as bigint) as missing_from,
    cast(missing_to as bigint) as missing_to,
    cast(missing_files as bigint) as missing_files,
    gap_since,
    greatest({{ days_between('gap_since', as_of_date()) }}, 0) as age_days
from gaps
