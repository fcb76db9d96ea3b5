-- One row per (provider_id, billing_period): the amount of the calls to a provider's services and his share of it, rounded
-- once. Calls to an access prefix that the book no longer has are in the row `unassigned`, with no share.
with shares as (
    select
        {{ or_unassigned('services.provider_id') }} as provider_id,
        usage.billing_period,
        usage.calls,
        usage.seconds,
        usage.amount,
        coalesce(services.provider_share_percent, 0) as provider_share_percent
    from {{ ref('int_info_service_daily') }} as usage
    left join {{ ref('info_services') }} as services on usage.access_prefix = services.access_prefix
)
select
    provider_id,
    billing_period,
    cast(sum(calls) as bigint) as calls,
    cast(sum(seconds) as bigint) as seconds,
    cast(sum(amount) as {{ call_money() }}) as amount,
    {{ divided_to_cents(
        'sum(cast(' ~ millionths('amount') ~ ' as hugeint) * ' ~ millionths('provider_share_percent') ~ ')', '1000000000000'
    ) }} as share_amount
from shares
group by provider_id, billing_period
