-- One row per anomaly (anomaly_id) of calls whose records have no error: a series of ultra-short calls, an over-long call,
-- or an hour of a switch with far more or fewer calls than usual. Anomalies are reported, never suspended.
with found as (
    select
        'ultra_short_calls' as kind,
        switch_id,
        calling_number,
        calling_number as line_number,
        call_date,
        hour,
        hour as found_at,
        calls as measure,
        cast(null as decimal(18, 1)) as usual,
        cast(ultra_short_calls as decimal(18, 1)) as threshold,
        call_ids,
        'number ' || calling_number || ' made ' || cast(calls as varchar) || ' answered calls of at most '
        || cast(cast(ultra_short_seconds as bigint) as varchar) || ' s on switch ' || switch_id || ' in the hour from '
        || substring(cast(hour as varchar), 1, 16) as detail
    from {{ ref('int_ultra_short_series') }}
    union all
    select
        'over_long_calls' as kind,
        switch_id,
        calling_number,
        line_number,
        call_date,
        cast(date_trunc('hour', started_at) as timestamp) as hour,
        started_at as found_at,
        cast(duration_seconds as bigint) as measure,
        cast(null as decimal(18, 1)) as usual,
        cast(over_long_seconds as decimal(18, 1)) as threshold,
        call_id as call_ids,
        'the call of ' || coalesce(calling_number, 'a withheld number') || ' to ' || coalesce(called_number, '(none)') || ' from '
        || substring(cast(started_at as varchar), 1, 19) || ' lasted ' || cast(duration_seconds as varchar) || ' s'
        || case when line_number <> coalesce(calling_number, '') then ' (charged to ' || line_number || ')' else '' end as detail
    from {{ ref('int_over_long_calls') }}
    union all
    select
        'unusual_traffic' as kind,
        switch_id,
        cast(null as varchar) as calling_number,
        cast(null as varchar) as line_number,
        call_date,
        {{ add_seconds('cast(call_date as timestamp)', 'hour_of_day * 3600') }} as hour,
        cast(null as timestamp) as found_at,
        records as measure,
        usual,
        allowed_distance as threshold,
        cast(null as varchar) as call_ids,
        'switch ' || switch_id || ' recorded ' || cast(records as varchar) || ' calls begun in the hour from '
        || cast(call_date as varchar) || ' ' || lpad(cast(hour_of_day as varchar), 2, '0') || ':00; usual on '
        || case when is_day_off then 'days off' else 'workdays' end || ' are ' || cast(usual as varchar)
        || ' (median of ' || cast(days as varchar) || ' days), give or take ' || cast(allowed_distance as varchar) as detail
    from {{ ref('int_unusual_hours') }}
),
-- The unit of a switch is known where all numbers of its exchange belong to one unit.
exchange_units as (
    select exchange_id, min(business_unit_id) as business_unit_id
    from {{ ref('int_number_ranges') }}
    group by exchange_id
    having count(distinct business_unit_id) = 1
)
select
    found.kind || ':' || case found.kind
        when 'over_long_calls' then found.call_ids
        else found.switch_id || ':' || coalesce(found.calling_number || ':', '') || substring(cast(found.hour as varchar), 1, 13)
    end as anomaly_id,
    found.kind,
    found.switch_id,
    switches.exchange_id,
    coalesce(lines.business_unit_id, exchange_units.business_unit_id) as business_unit_id,
    lines.outlet_id,
    found.calling_number,
    found.call_date,
    found.hour,
    found.measure,
    found.usual,
    found.threshold,
    found.call_ids,
    found.detail
from found
left join {{ ref('switches') }} as switches on found.switch_id = switches.switch_id
left join exchange_units on switches.exchange_id = exchange_units.exchange_id
left join {{ ref('int_anomalous_lines') }} as lines
    on found.line_number = lines.calling_number and found.found_at = lines.found_at
