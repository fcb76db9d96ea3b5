-- reads: bill_lines
-- The lines of a bill: they sum to it.
select
    service_number,
    bill_item_id,
    line_kind,
    amount
from bill_lines
where account_id = $account and billing_period = $period and ($number is null or service_number = $number)
order by service_number, bill_item_id, line_kind
