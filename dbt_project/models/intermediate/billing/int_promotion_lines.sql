-- One row per (subscription_id, billing_period) with a promotion: its credit for the usage and recurring lines of its
-- account and service number, never for other promotions (SPEC 6). Amounts are negative.
with promoted as (
    select
        subscriptions.subscription_id,
        subscriptions.account_id,
        subscriptions.service_number,
        subscriptions.billing_period,
        promotions.kind,
        promotions.value,
        promotions.bill_item_id
    from {{ ref('int_subscriptions_in_force') }} as subscriptions
    inner join {{ ref('promotions') }} as promotions on subscriptions.promotion_id = promotions.promotion_id
),
promotion_bases as (
    select
        promoted.subscription_id,
        promoted.account_id,
        promoted.service_number,
        promoted.billing_period,
        promoted.kind,
        promoted.value,
        coalesce(sum(case when lines.item_kind = 'call' then lines.amount end), 0) as call_amount,
        coalesce(sum(case when lines.item_kind = 'rental' then lines.amount end), 0) as rental_amount,
        coalesce(sum(case when lines.bill_item_id = promoted.bill_item_id then lines.amount end), 0) as item_amount
    from promoted
    left join {{ ref('int_charge_lines') }} as lines
        on
            promoted.account_id = lines.account_id
            and promoted.service_number = lines.service_number
            and promoted.billing_period = lines.billing_period
    group by
        promoted.subscription_id, promoted.account_id, promoted.service_number, promoted.billing_period,
        promoted.kind, promoted.value, promoted.bill_item_id
)
select
    subscription_id,
    account_id,
    service_number,
    billing_period,
    (select items.bill_item_id from {{ ref('bill_items') }} as items where items.item_kind = 'discount') as bill_item_id,
    cast(-case kind
        when 'rental_match' then least(call_amount, rental_amount)
        when 'percent_off'
            then {{ divided_to_cents(millionths('value') ~ ' * ' ~ hundredths('item_amount'), '100000000') }}
        when 'fixed_credit' then least({{ round_half_up('value') }}, item_amount)
    end as {{ money() }}) as amount
from promotion_bases
