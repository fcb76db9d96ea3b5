-- reads: bill_lines
-- One row per line of an account's bill of a period without promotions.
select
    billing_period,
    service_number,
    bill_item_id,
    line_kind,
    amount
from bill_lines
where account_id = $account and billing_period = $period and line_kind <> 'promotion'
order by service_number, bill_item_id, line_kind
