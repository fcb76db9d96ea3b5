-- One row per bill (account_id, billing_period): what was received on it, what was written off, and what is open of it, as of the run's
-- date. A provisional bill is open in full.
with settled as (
    select
        account_id,
        billing_period,
        sum(case when is_write_off then 0 else amount end) as received,
        sum(case when is_write_off then amount else 0 end) as written_off
    from {{ ref('int_bill_settlements') }}
    group by account_id, billing_period
)
select
    bills.account_id,
    bills.billing_period,
    coalesce(settling.settling_account_id, bills.account_id) as settling_account_id,
    cast(coalesce(settled.received, 0) as {{ money() }}) as received,
    cast(coalesce(settled.written_off, 0) as {{ money() }}) as written_off,
    cast(bills.amount - coalesce(settled.received, 0) - coalesce(settled.written_off, 0) as {{ money() }}) as open_amount
from {{ ref('bills') }} as bills
left join {{ ref('int_settling_accounts') }} as settling on bills.account_id = settling.account_id
left join settled on bills.account_id = settled.account_id and bills.billing_period = settled.billing_period
