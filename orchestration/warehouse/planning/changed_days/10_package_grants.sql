-- a package of a call changed
with changed as (
    select distinct account_id, zone_id
    from ((
        select * exclude (allowance_kind, allowance) from state.used_package_grants
        except
        select * exclude (allowance_kind, allowance) from intermediate.int_package_grants
    )
    union all
    (
        select * exclude (allowance_kind, allowance) from intermediate.int_package_grants
        except
        select * exclude (allowance_kind, allowance) from state.used_package_grants
    ))
),
grants as (
    select 'used' as said, account_id, zone_id, package_id, package_number, valid_from, valid_to
    from state.used_package_grants
    union all
    select 'now' as said, account_id, zone_id, package_id, package_number, valid_from, valid_to
    from intermediate.int_package_grants
),
concerned as (
    select distinct calls.call_date, calls.account_id, calls.charged_number, calls.zone_id
    from intermediate.int_calls_judged as calls
    inner join changed on calls.account_id = changed.account_id and calls.zone_id = changed.zone_id
    where calls.state = 'rated'
        and calls.billing_period not in (select billing_period from closed.periods)
),
granted as (
    select distinct grants.said, concerned.*, grants.package_id, grants.package_number
    from concerned
    inner join grants on concerned.account_id = grants.account_id and concerned.zone_id = grants.zone_id
        and concerned.call_date >= grants.valid_from and concerned.call_date < grants.valid_to
        and (grants.package_number = '' or grants.package_number = concerned.charged_number)
)
select distinct call_date
from (
    select call_date, account_id, charged_number, zone_id, package_id, package_number
    from granted
    group by all
    having count(*) = 1
)
