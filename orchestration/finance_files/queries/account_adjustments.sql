-- reads: account_adjustments, bills
-- One row per charge or credit on a bill of a period, and per write-off, reversal and what does not count that is dated in it. $agent null:
-- every agent; else those of accounts with a bill of the agent in the period.
select
    adjustment_id,
    account_id,
    business_unit_id,
    outlet_id,
    kind,
    dated_on,
    billing_period,
    bill_item_id,
    service_number,
    amount,
    possible_amount,
    counted_amount,
    fault,
    reason,
    prepared_by,
    approved_by,
    reverses_adjustment_id
from account_adjustments
where
    (kind in ('write_off', 'write_off_reversal')) = $is_write_off
    and coalesce(billing_period, strftime(dated_on, '%Y-%m')) = $period
    and (
        $agent is null
        or account_id in (
            select bills.account_id
            from bills
            where bills.billing_period = $period and bills.agent_id = $agent
        )
    )
order by adjustment_id
