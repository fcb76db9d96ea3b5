-- a zone of a call changed
with changed as (
    select distinct zone_id
    from ((
        select * from state.used_zones
        except
        select * from intermediate.int_zones
    )
    union all
    (
        select * from intermediate.int_zones
        except
        select * from state.used_zones
    ))
)
select distinct calls.call_date
from intermediate.int_calls_judged as calls
left join intermediate.int_destinations as destinations
    on
        calls.destination_prefix = destinations.prefix
        and calls.call_date >= destinations.valid_from and calls.call_date < destinations.valid_to
where
    coalesce(calls.zone_id, destinations.zone_id) in (select zone_id from changed)
    and (calls.state <> 'rated' or calls.billing_period not in (select billing_period from closed.periods))
