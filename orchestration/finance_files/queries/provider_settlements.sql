-- reads: info_service_calls, info_service_settlements
-- One row per provider with calls to its services in a period, and its share.
with providers as (
    select
        provider_id,
        max(provider_name) as provider_name
    from info_service_calls
    group by provider_id
)

select
    settlements.billing_period,
    settlements.provider_id,
    providers.provider_name,
    settlements.calls,
    settlements.seconds,
    settlements.amount,
    settlements.share_amount
from info_service_settlements as settlements
left join providers on settlements.provider_id = providers.provider_id
where settlements.billing_period = $period
order by settlements.provider_id
