{{ config(materialized='replaced_by_day') }}
-- One row per suspended record of the stale days: it is of another day, is a piece of a call whose other pieces are missing,
-- belongs to a number without a holder, or has no rate.
select
    call_id,
    file_id,
    state,
    reason,
    switch_id,
    exchange_id,
    trunk_group_in,
    trunk_group_out,
    calling_number,
    called_number,
    charged_number,
    is_charged_as_recorded,
    started_at,
    started_at_utc,
    call_date,
    duration_seconds,
    release_cause,
    account_id,
    access_code,
    rated_number,
    destination_prefix,
    zone_id,
    tariff_plan_id,
    is_chargeable,
    file_name,
    record_number
from {{ ref('int_calls_judged') }}
where
    (state in ('other_day', 'undocumented', 'unrated') or (state = 'partial' and joined_call_id is null))
    and call_date in (select stale.call_date from {{ source('raw', 'stale_days') }} as stale)
