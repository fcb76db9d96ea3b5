-- reads: debit_failures
-- One row per debit that failed, the newest first; tries is how many debits of the same account failed in all.
select
    bank_code,
    batch_id,
    debited_on,
    line,
    account_id,
    customer_id,
    outlet_id,
    amount,
    cause,
    is_cause_inferred,
    reason_text,
    cast(count(*) over (partition by account_id) as bigint) as tries
from debit_failures
where $outlet is null or coalesce(outlet_id, 'unassigned') = $outlet
order by debited_on desc, amount desc, bank_code asc, batch_id asc, line asc
