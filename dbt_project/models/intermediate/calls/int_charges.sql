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
select
    charged.version_id,
    charged.call_date,
    charged.start_second,
    charged.duration_seconds,
    charged.elapsed_seconds as charged_seconds,
    charged.total_price,
    versions.price_denominator,
    {{ rounded_charge('charged.total_price', 'versions.price_denominator', 'versions.rounding_mode', 'versions.rounding_decimals') }}
        as amount
from charged
inner join {{ ref('int_tariff_versions') }} as versions on charged.version_id = versions.version_id
where charged.elapsed_seconds >= charged.duration_seconds
