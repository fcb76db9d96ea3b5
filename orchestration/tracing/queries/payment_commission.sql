-- reads: commission_bases
-- The commission lines that count money of a payment.
select
    agent_id,
    settlement_period,
    line_kind,
    account_id,
    billing_period,
    applied_on,
    returned_on,
    basis_amount,
    rate,
    reason
from commission_bases
where payment_id = $payment
order by settlement_period, line_kind, billing_period, account_id, applied_on
