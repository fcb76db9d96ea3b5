-- reads: commission_bases
-- The commission lines that count money of a bill.
select
    agent_id,
    settlement_period,
    line_kind,
    payment_id,
    applied_on,
    basis_amount,
    rate,
    reason
from commission_bases
where account_id = $account and billing_period = $period
order by settlement_period, line_kind, applied_on, payment_id
