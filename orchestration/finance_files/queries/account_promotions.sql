-- reads: bill_lines
-- One row per promotion line of an account's bill of a period; how_it_came is the number whose lines it is worked out from.
select
    billing_period,
    service_number,
    bill_item_id,
    service_number as how_it_came,
    amount
from bill_lines
where account_id = $account and billing_period = $period and line_kind = 'promotion'
order by service_number, bill_item_id
