-- One row per (calling_number, call_date) on which a call began while the number had more calls up than it has channels. The
-- row is for the moment with the most calls (the earliest of equals), and counts the calls that began in this way.
with calls as (
    select simultaneous.*
    from {{ ref('int_simultaneous_calls') }} as simultaneous
    left join (select distinct calling_number, call_date from {{ ref('int_overlaps_over_midnight') }}) as counted_anew
        on simultaneous.calling_number = counted_anew.calling_number and simultaneous.call_date = counted_anew.call_date
    where counted_anew.calling_number is null
    union all
    select * from {{ ref('int_overlaps_over_midnight') }} where calls_at_once > 1
),
-- Where two accounts have the number at the same time, the larger number of channels counts.
declared as (
    select calls.call_id, max(numbers.channels) as channels
    from calls
    inner join {{ ref('int_number_intervals') }} as numbers
        on
            calls.calling_number = numbers.service_number
            and calls.started_at >= numbers.valid_from
            and calls.started_at < coalesce(numbers.valid_to, cast({{ end_of_time() }} as timestamp))
    group by calls.call_id
),
exceeding as (
    select calls.*, coalesce(declared.channels, 1) as channels
    from calls
    left join declared on calls.call_id = declared.call_id
    where calls.calls_at_once > coalesce(declared.channels, 1)
),
ranked as (
    select
        *,
        row_number() over (
            partition by calling_number, call_date order by calls_at_once desc, started_at, call_id
        ) as place,
        count(*) over (partition by calling_number, call_date) as overlapping_calls
    from exceeding
)
select
    calling_number,
    call_date,
    started_at,
    call_id,
    overlapped_call_id,
    calls_at_once,
    cast(channels as bigint) as channels,
    cast(overlapping_calls as bigint) as overlapping_calls
from ranked
where place = 1
