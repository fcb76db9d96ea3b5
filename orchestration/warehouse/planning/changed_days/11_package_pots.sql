-- the allowance of a package changed
with changed as (
    select distinct package_id, account_id, package_number, billing_period
    from ((
        select * from state.used_package_pots
        except
        select * from intermediate.int_package_pots
    )
    union all
    (
        select * from intermediate.int_package_pots
        except
        select * from state.used_package_pots
    ))
)
select distinct calls.call_date
from intermediate.int_package_calls as calls
inner join changed
    on
        calls.package_id = changed.package_id and calls.account_id = changed.account_id
        and calls.package_number = changed.package_number
        and strftime(calls.call_date, '%Y-%m') = changed.billing_period
where calls.call_id not in (select call_id from closed.calls where package_id is not null)
