-- One row per (billing_period, business_unit_id): the amounts of the calls billed in the period, and the same rounded as
-- usage lines are, once per account, number and bill item. The unit is that of the account at the issue of its bill.
with keyed as (
    select
        billing_period,
        account_id,
        service_number,
        bill_item_id,
        sum(calls) as calls,
        sum(seconds) as seconds,
        sum(list_amount) as list_amount,
        sum(coalesce(covered_amount, 0)) as covered_amount,
        sum(amount) as amount,
        {{ round_half_up('sum(amount)') }} as rounded_amount
    from {{ ref('int_usage_daily') }}
    group by billing_period, account_id, service_number, bill_item_id
),
-- An account whose calls come to less than a cent has no bill; in an open period its owner is known all the same.
owners as (
    select owners.billing_period, owners.account_id, owners.business_unit_id
    from {{ ref('int_account_owners_at_issue') }} as owners
    inner join {{ ref('int_billing_periods') }} as periods on owners.billing_period = periods.billing_period
    where not periods.is_closed
    union all
    select billing_period, account_id, business_unit_id
    from {{ source('closed', 'bills') }}
)
select
    keyed.billing_period,
    {{ or_unassigned('owners.business_unit_id') }} as business_unit_id,
    cast(sum(keyed.calls) as bigint) as calls,
    cast(sum(keyed.seconds) as bigint) as seconds,
    cast(sum(keyed.list_amount) as {{ money_sum() }}) as list_amount,
    cast(sum(keyed.covered_amount) as {{ money_sum() }}) as covered_amount,
    cast(sum(keyed.amount) as {{ money_sum() }}) as amount,
    cast(sum(keyed.rounded_amount) as {{ money() }}) as rounded_amount
from keyed
left join owners on keyed.billing_period = owners.billing_period and keyed.account_id = owners.account_id
group by keyed.billing_period, {{ or_unassigned('owners.business_unit_id') }}
