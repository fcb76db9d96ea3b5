-- reads: bill_write_offs
-- One row per part of a write-off on a bill and day, the newest first; what is taken back is below zero.
select
    adjustment_id,
    account_id,
    billing_period,
    written_off_account_id,
    written_off_on,
    amount
from bill_write_offs
order by written_off_on desc, adjustment_id asc, account_id asc, billing_period asc
