-- the exchange of a switch changed
with changed as (
    select distinct switch_id
    from ((
        select switch_id, exchange_id from state.used_switches
        except
        select switch_id, exchange_id from reference.switches
    )
    union all
    (
        select switch_id, exchange_id from reference.switches
        except
        select switch_id, exchange_id from state.used_switches
    ))
)
select distinct call_date from intermediate.int_calls_judged as calls
where
    switch_id in (select switch_id from changed)
    and (calls.state <> 'rated' or calls.billing_period not in (select billing_period from closed.periods))
