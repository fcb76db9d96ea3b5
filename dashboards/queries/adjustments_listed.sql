-- reads: account_adjustments
-- One row per charge, credit, write-off and reversal of one, what does not count on top, then the newest.
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
order by (fault is null) asc, dated_on desc, adjustment_id asc
