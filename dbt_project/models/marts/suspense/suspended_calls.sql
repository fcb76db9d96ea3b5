-- One row per suspended record: it is of another day, is a piece of a call whose other pieces are missing, belongs to a
-- number without a holder, or has no rate. Each run tries it again. int_suspended_estimates estimates its charge.
select
    suspended.call_id,
    suspended.state,
    suspended.reason,
    suspended.switch_id,
    suspended.exchange_id,
    suspended.trunk_group_in,
    suspended.trunk_group_out,
    suspended.calling_number,
    suspended.called_number,
    suspended.charged_number,
    suspended.is_charged_as_recorded,
    suspended.started_at,
    suspended.started_at_utc,
    suspended.call_date,
    suspended.duration_seconds,
    suspended.release_cause,
    suspended.account_id,
    suspended.access_code,
    suspended.rated_number,
    suspended.zone_id,
    suspended.tariff_plan_id,
    estimates.business_unit_id,
    {{ days_between('suspended.call_date', as_of_date()) }} as age_days,
    estimates.estimated_amount,
    estimates.estimated_plan_id,
    estimates.estimated_basis,
    estimates.estimate_reason,
    suspended.file_name,
    suspended.record_number
from {{ ref('int_calls_suspended') }} as suspended
inner join {{ ref('int_suspended_estimates') }} as estimates on suspended.call_id = estimates.call_id
