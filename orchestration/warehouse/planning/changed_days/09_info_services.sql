-- the access prefix of an information service changed
with changed as (
    select distinct access_prefix
    from ((
        select access_prefix from state.used_info_services
        except
        select access_prefix from reference.info_services
    )
    union all
    (
        select access_prefix from reference.info_services
        except
        select access_prefix from state.used_info_services
    ))
)
select distinct calls.call_date from intermediate.int_calls_judged as calls
inner join changed on starts_with(calls.rated_number, changed.access_prefix)
where calls.state = 'rated'
    and (calls.state <> 'rated' or calls.billing_period not in (select billing_period from closed.periods))
