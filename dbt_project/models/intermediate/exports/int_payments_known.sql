-- One row per payment in any loaded export, as the newest export with the payment has it. A payment that a newer export
-- lacks still counts, unless an export without it holds a payment paid earlier. Then it was deleted (SPEC 3.3), and
-- `vanished_on` is the date of the first export that lacks it.
with ranked as (
    select
        *,
        row_number() over (partition by payment_id order by seen_from desc) as recency
    from {{ source('raw', 'crm_payments_history') }}
),
snapshots as (
    select
        snapshot_date,
        min(earliest_paid_at) over (order by snapshot_date rows between current row and unbounded following) as earliest_paid_at
    from {{ source('raw', 'crm_snapshots') }}
    where export_table = 'payments'
)
select
    ranked.payment_id,
    ranked.account_id,
    ranked.paid_at,
    ranked.amount,
    ranked.channel,
    ranked.outlet_id,
    ranked.reverses_payment_id,
    case when snapshots.earliest_paid_at < ranked.paid_at then ranked.gone_on end as vanished_on
from ranked
left join snapshots on ranked.gone_on = snapshots.snapshot_date
where ranked.recency = 1
