-- a rate, plan, band or holiday of a call changed
with changed as (
    select coalesce(used.call_date, now.call_date) as call_date,
        coalesce(used.tariff_plan_id, now.tariff_plan_id) as tariff_plan_id,
        coalesce(used.zone_id, now.zone_id) as zone_id,
        used.fingerprint is distinct from now.fingerprint as has_changed
    from state.used_tariff_days as used
    full join intermediate.int_tariff_days as now
        on used.call_date = now.call_date and used.tariff_plan_id = now.tariff_plan_id and used.zone_id = now.zone_id
    where (used.fingerprint, used.next_day_types) is distinct from (now.fingerprint, now.next_day_types)
)
select distinct calls.call_date
from intermediate.int_calls_judged as calls
inner join changed on calls.call_date = changed.call_date and calls.tariff_plan_id = changed.tariff_plan_id
    and calls.zone_id = changed.zone_id
where calls.state in ('unrated', 'rated')
    and (calls.state <> 'rated' or calls.billing_period not in (select billing_period from closed.periods))
    and (changed.has_changed
        or cast(calls.started_at + to_seconds(calls.duration_seconds) as date) > calls.call_date)
