-- One row per (version_id, call_date, start_second, duration_seconds) that calls of the stale days have: the charge by
-- SPEC 5, exact before rounding (total_price ÷ price_denominator millionths) and rounded once. Calls with no rate in
-- force at some second of them have no row.
with recursive wanted as (
    select distinct
        version_id,
        call_date,
        start_second,
        duration_seconds
    from {{ ref('int_calls_assigned') }}
    where early_state is null and unrated_reason is null
),
{{ charge_by_increments('wanted') }}
{{ finished_charges('charged') }}
