-- One row per (agent_id, settlement_period, account_id, billing_period, payment_id, applied_on, returned_on): money of an earlier
-- period's bill that went back in the month after the settlement period and had been applied before that month. paid_period is
-- the settlement that paid commission for it (SPEC 8): at the on-time percent where that is the bill's own, else at the late one.
select
    bills.agent_id,
    periods.settlement_period,
    returned.account_id,
    returned.billing_period,
    returned.payment_id,
    returned.applied_on,
    returned.returned_on,
    paid.settlement_period as paid_period,
    returned.amount
from {{ ref('int_money_returned') }} as returned
inner join {{ ref('bills') }} as bills
    on
        returned.account_id = bills.account_id
        and returned.billing_period = bills.billing_period
        and bills.agent_id is not null
-- A settlement's money comes and goes in the month that begins where the period ends.
inner join {{ ref('int_settlement_periods') }} as periods
    on
        {{ month_start('returned.returned_on') }} = periods.ends_on
        and returned.billing_period < periods.settlement_period
        and returned.applied_on < periods.ends_on
inner join {{ ref('int_settlement_periods') }} as paid on {{ month_start('returned.applied_on') }} = paid.ends_on
