-- a destination prefix of a call changed
with changed as (
    select distinct prefix, prefix_length from ((
        select * from state.used_destinations
        except
        select * from intermediate.int_destinations
    )
    union all
    (
        select * from intermediate.int_destinations
        except
        select * from state.used_destinations
    ))
),
dialled as (
    select distinct calls.call_date, calls.rated_number, changed.prefix
    from intermediate.int_calls_judged as calls
    inner join changed on starts_with(calls.rated_number, changed.prefix)
    where
        calls.state <> 'duplicate'
        and (calls.state <> 'rated' or calls.billing_period not in (select billing_period from closed.periods))
        and not (calls.destination_prefix is null and calls.zone_id is not null)
        and coalesce(length(calls.destination_prefix), 0) <= changed.prefix_length
)
select distinct dialled.call_date
from dialled
left join state.used_destinations as used
    on
        dialled.prefix = used.prefix
        and dialled.call_date >= used.valid_from and dialled.call_date < used.valid_to
left join intermediate.int_destinations as now
    on
        dialled.prefix = now.prefix
        and dialled.call_date >= now.valid_from and dialled.call_date < now.valid_to
where (used.zone_id, used.fault) is distinct from (now.zone_id, now.fault)
