-- the class of a calling number changed
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
    select calls.call_date, calls.calling_number, calls.started_at, calls.caller_class
    from intermediate.int_calls_judged as calls
    where
        calls.calling_number in (select service_number from changed)
        and calls.state <> 'duplicate'
        and (calls.state <> 'rated' or calls.billing_period not in (select billing_period from closed.periods))
)
select distinct calls.call_date
from concerned as calls
left join intermediate.int_number_assignments as now
    on
        calls.calling_number = now.service_number
        and calls.started_at >= now.valid_from and calls.started_at < now.valid_to
where calls.caller_class is distinct from coalesce(now.customer_class, 'unknown')
