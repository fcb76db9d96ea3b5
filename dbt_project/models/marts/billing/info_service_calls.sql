-- One row per (billing_period, customer_id, access_prefix): a customer's rated calls to an information service.
select
    usage.billing_period,
    usage.customer_id,
    usage.access_prefix,
    {{ or_unassigned('services.provider_id') }} as provider_id,
    services.provider_name,
    services.contact,
    cast(sum(usage.calls) as bigint) as calls,
    cast(sum(usage.seconds) as bigint) as seconds,
    cast(sum(usage.amount) as {{ call_money() }}) as amount
from {{ ref('int_info_service_daily') }} as usage
left join {{ ref('info_services') }} as services on usage.access_prefix = services.access_prefix
group by
    usage.billing_period, usage.customer_id, usage.access_prefix,
    {{ or_unassigned('services.provider_id') }}, services.provider_name, services.contact
