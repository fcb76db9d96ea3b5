-- reads: info_service_settlements
-- One row per billing period, the oldest first: the calls to all providers' services and their shares.
select
    billing_period,
    cast(count(*) as bigint) as providers,
    cast(sum(calls) as bigint) as calls,
    cast(sum(seconds) as bigint) as seconds,
    cast(sum(amount) as decimal(18, 6)) as amount,
    cast(sum(share_amount) as decimal(18, 2)) as share_amount
from info_service_settlements
group by billing_period
order by billing_period
