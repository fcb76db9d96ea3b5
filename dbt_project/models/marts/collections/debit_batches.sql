-- One row per bank result file that is not rejected (bank_code, batch_id, debited_on, file_id): the totals of its header and
-- the sums of its details. Held batches are included.
select
    bank_code,
    batch_id,
    file_id,
    file_name,
    billing_period,
    debited_on,
    cast(records as bigint) as records,
    cast(total_amount as {{ money() }}) as total_amount,
    cast(success_records as bigint) as success_records,
    cast(success_amount as {{ money() }}) as success_amount,
    cast(detail_records as bigint) as detail_records,
    cast(detail_total_amount as {{ money() }}) as detail_total_amount,
    cast(detail_success_records as bigint) as detail_success_records,
    cast(detail_success_amount as {{ money() }}) as detail_success_amount,
    totals_agree,
    is_accepted,
    is_difference_accepted,
    result_scheme,
    pending_records,
    correction_records,
    passed_over_records,
    no_amount_records,
    charge_amount
from {{ ref('stg_bank__debit_batches') }}
