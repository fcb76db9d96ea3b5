-- the plan of a customer class changed
with changed as (
    select distinct customer_class
    from ((
        select * from state.used_class_plans
        except
        select * from intermediate.int_class_plans
    )
    union all
    (
        select * from intermediate.int_class_plans
        except
        select * from state.used_class_plans
    ))
),
concerned as materialized (
    select calls.call_date, calls.customer_class, calls.tariff_plan_id
    from intermediate.int_calls_judged as calls
    where
        calls.customer_class in (select customer_class from changed)
        and calls.state in ('unrated', 'rated')
        and (calls.state <> 'rated' or calls.billing_period not in (select billing_period from closed.periods))
)
select distinct calls.call_date
from concerned as calls
left join state.used_class_plans as used
    on
        calls.customer_class = used.customer_class
        and calls.call_date >= used.valid_from and calls.call_date < used.valid_to
left join intermediate.int_class_plans as now
    on
        calls.customer_class = now.customer_class
        and calls.call_date >= now.valid_from and calls.call_date < now.valid_to
where (used.tariff_plan_id, used.fault) is distinct from (now.tariff_plan_id, now.fault)
-- A call by another plan than its class had has its number's own, or one that a code selected.
and calls.tariff_plan_id is not distinct from used.tariff_plan_id
