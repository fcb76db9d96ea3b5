-- the holder of a charged number changed
with changed as (
    select distinct service_number
    from ((
        select * from state.used_number_assignments
        except
        select * from intermediate.int_number_assignments
    )
    union all
    (
        select * from intermediate.int_number_assignments
        except
        select * from state.used_number_assignments
    ))
),
concerned as materialized (
    select calls.call_date, calls.charged_number, calls.started_at
    from intermediate.int_calls_judged as calls
    where
        calls.charged_number in (select service_number from changed)
        and calls.state in ('undocumented', 'unrated', 'rated')
        and (calls.state <> 'rated' or calls.billing_period not in (select billing_period from closed.periods))
)
select distinct calls.call_date
from concerned as calls
left join state.used_number_assignments as used
    on
        calls.charged_number = used.service_number
        and calls.started_at >= used.valid_from and calls.started_at < used.valid_to
left join intermediate.int_number_assignments as now
    on
        calls.charged_number = now.service_number
        and calls.started_at >= now.valid_from and calls.started_at < now.valid_to
where (
    used.account_id, used.customer_id, used.customer_class, used.business_unit_id, used.agent_id, used.outlet_id,
    used.tariff_plan_id, used.fault
)
is distinct from (
    now.account_id, now.customer_id, now.customer_class, now.business_unit_id, now.agent_id, now.outlet_id,
    now.tariff_plan_id, now.fault
)
