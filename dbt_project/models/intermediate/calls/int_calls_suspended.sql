{{ config(materialized='replaced_by_day') }}
-- One row per record of the stale days' calls that waits: of another day, a piece of a call that lacks another, of a
-- number nobody holds, or with no rate.
select
    call_id,
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
