-- reads: bill_lines
-- One row per line of an account's bills, the newest bill first.
select
    billing_period,
    service_number,
    bill_item_id,
    line_kind,
    amount
from bill_lines
where account_id = $account
order by billing_period desc, service_number asc, bill_item_id asc, line_kind asc
