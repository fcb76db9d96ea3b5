-- a maximum price changed
with changed as (
    select distinct tariff_plan_id, zone_id
    from ((
        select * from state.used_price_caps
        except
        select * from reference.price_caps
    )
    union all
    (
        select * from reference.price_caps
        except
        select * from state.used_price_caps
    ))
)
select distinct calls.call_date
from intermediate.int_calls_judged as calls
inner join changed on calls.tariff_plan_id = changed.tariff_plan_id and calls.zone_id = changed.zone_id
left join state.used_price_caps as used
    on
        calls.tariff_plan_id = used.tariff_plan_id
        and calls.zone_id = used.zone_id and calls.call_date >= used.valid_from
        and calls.call_date < coalesce(used.valid_to, date '9999-12-31')
left join reference.price_caps as now
    on
        calls.tariff_plan_id = now.tariff_plan_id
        and calls.zone_id = now.zone_id and calls.call_date >= now.valid_from
        and calls.call_date < coalesce(now.valid_to, date '9999-12-31')
where
    calls.state = 'rated'
    and (calls.state <> 'rated' or calls.billing_period not in (select billing_period from closed.periods))
    and used.max_amount is distinct from now.max_amount
