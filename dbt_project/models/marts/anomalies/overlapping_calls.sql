-- One row per (calling_number, call_date) on which a line made more calls at the same time than it has channels. Such calls
-- are reported, never suspended. started_at is the time with the most calls; call_id is the call that began then.
select
    peaks.calling_number,
    peaks.call_date,
    peaks.started_at,
    peaks.call_id,
    peaks.overlapped_call_id,
    lines.account_id,
    lines.exchange_id,
    lines.business_unit_id,
    lines.outlet_id,
    peaks.calls_at_once,
    peaks.channels,
    peaks.overlapping_calls
from {{ ref('int_overlap_peaks') }} as peaks
left join {{ ref('int_anomalous_lines') }} as lines
    on peaks.calling_number = lines.calling_number and peaks.started_at = lines.found_at
