-- One row per problem (problem_id) that somebody can correct, or that management should know about; kinds as in SPEC 11.
-- found_on is the date of its newest evidence, first_seen_on that of its oldest. resolved_on is set where the files show
-- that it is resolved.
with files as (
    select * from {{ ref('stg_ledger__files') }}
),
judged_files as (
    select files.*, reconciliation.duplicate, reconciliation.other_day, reconciliation.read_records as records
    from files
    inner join {{ ref('file_reconciliation') }} as reconciliation on files.file_id = reconciliation.file_id
),
problems as (
    select
        'file_held' as kind, 'error' as severity, file_name as subject,
        'file ' || file_name || coalesce(' of switch ' || switch_id, ' of bank ' || bank_code, '') || ' is held: ' || status_reason
        || coalesce('; the first: ' || offending_records, '') as detail,
        greatest(cast(coalesce(read_records, data_rows, 0) as bigint), 1) as count,
        cast(null as varchar) as business_unit_id, cast(null as varchar) as outlet_id,
        case when is_date_doubted then first_seen_on else coalesce(file_date, first_seen_on) end as first_seen_on,
        case when is_date_doubted then first_seen_on else coalesce(file_date, first_seen_on) end as found_on,
        cast(null as date) as resolved_on
    from files
    where file_status = 'held'
    union all
    select
        'file_rejected', 'error', file_name || ' (' || source || ')',
        'file ' || file_name || coalesce(' of switch ' || switch_id, ' of bank ' || bank_code, '') || ' is rejected: ' || status_reason,
        1, null, null,
        coalesce(file_date, first_seen_on), coalesce(file_date, first_seen_on), null
    from files
    where file_status = 'rejected'
    union all
    select
        'file_missing', 'error', switch_id || ' ' || cast(file_date as varchar),
        'switch ' || switch_id || ' is expected to write ' || cast(expected_files as varchar) || ' files a day, '
        || cast(arrived_files as varchar) || ' came'
        || case
            when is_day_over then ', ' || cast(days_late as varchar) || ' days late'
            else ' of the ' || cast(due_files as varchar) || ' due by now'
        end,
        missing_files, null, null, file_date, file_date, null
    from {{ ref('expected_files') }}
    where missing_files > 0
    union all
    select
        'sequence_gap', 'error', switch_id || ' ' || cast(missing_from as varchar) || '–' || cast(missing_to as varchar),
        'files ' || cast(missing_from as varchar) || ' to ' || cast(missing_to as varchar) || ' of switch ' || switch_id
        || ' never came: ' || cast(missing_files as varchar) || ' files, missing for ' || cast(age_days as varchar) || ' days',
        missing_files, null, null, gap_since, gap_since, null
    from {{ ref('sequence_gaps') }}
    union all
    select
        'other_day_records', 'warn', file_name,
        cast(other_day as varchar) || ' of ' || cast(records as varchar) || ' records began on another day than the file''s',
        other_day, null, null, file_date, file_date, null
    from judged_files
    where other_day > 0
    union all
    select
        'duplicate_calls', 'warn', file_name,
        cast(duplicate as varchar) || ' of ' || cast(records as varchar) || ' records repeat a call that is already there',
        duplicate, null, null, file_date, file_date, null
    from judged_files
    where duplicate > 0
    union all
    select
        'overlapping_calls', 'info', calling_number,
        'number ' || calling_number || ' made up to ' || cast(max(calls_at_once) as varchar) || ' calls at once on '
        || cast(max(channels) as varchar) || ' channels', sum(overlapping_calls),
        min(business_unit_id), min(outlet_id), min(call_date), max(call_date), null
    from {{ ref('overlapping_calls') }}
    group by calling_number
    union all
    select
        kind, 'warn', calling_number,
        'number ' || calling_number || ' made up to ' || cast(max(measure) as varchar) || ' ultra-short calls in an hour',
        sum(measure), min(business_unit_id), min(outlet_id), min(call_date), max(call_date), null
    from {{ ref('call_anomalies') }}
    where kind = 'ultra_short_calls'
    group by kind, calling_number
    union all
    select
        kind, 'info', calling_number,
        'number ' || calling_number || ' made calls of up to ' || cast(max(measure) as varchar) || ' seconds',
        count(*), min(business_unit_id), min(outlet_id), min(call_date), max(call_date), null
    from {{ ref('call_anomalies') }}
    where kind = 'over_long_calls'
    group by kind, calling_number
    union all
    select
        kind, 'warn', switch_id || ' ' || cast(call_date as varchar),
        'switch ' || switch_id || ' recorded an unusual number of calls an hour: '
        || {{ joined_text(
            "substring(cast(hour as varchar), 12, 5) || ' ' || cast(measure as varchar) || ' instead of ' || cast(usual as varchar)",
            ', ', 'hour'
        ) }},
        count(*), min(business_unit_id), null, call_date, call_date, null
    from {{ ref('call_anomalies') }}
    where kind = 'unusual_traffic'
    group by kind, switch_id, call_date
    union all
    select
        'undocumented_number', 'error', calling_number,
        'number ' || calling_number || ' calls but no account holds it', calls,
        business_unit_id, outlet_id, cast(first_seen_at as date), cast(last_seen_at as date), null
    from {{ ref('undocumented_numbers') }}
    union all
    select
        'unrated_destination', 'error', coalesce(zone_id, '-') || ' ' || reason, reason, count(*), null, null,
        min(call_date), max(call_date), null
    from (
        select
            suspended.call_date,
            suspended.zone_id,
            suspended.reason
        from {{ ref('suspended_calls') }} as suspended
        where suspended.state = 'unrated'
    ) as unrated
    group by coalesce(zone_id, '-'), reason
    union all
    select
        'tariff_book_unsound', case fault when 'never_in_force' then 'warn' else 'error' end,
        table_name || ' ' || row_key || ' ' || fault, min(detail), 1, null, null,
        min(valid_from), min(valid_from), null
    from {{ ref('int_tariff_faults') }}
    group by table_name, row_key, fault
    union all
    select
        'gate_unknown', 'warn', gate_id,
        'gate_thresholds.csv has a row for ' || gate_id || ', but there is no gate of that name: its limits count for nothing; '
        || 'correct the gate_id or remove the row',
        1, null, null, {{ as_of_date() }}, {{ as_of_date() }}, null
    from {{ source('raw', 'gate_thresholds') }}
    where not is_known
    union all
    select
        'customer_record_incomplete', 'warn', export_table || ' ' || record_id || ' ' || field,
        'field ' || field || ' of ' || export_table || ' ' || record_id || ': ' || rule_en || ' (' || rule_zh || ')'
        || coalesce('; outlet ' || outlet_id, ''),
        failing_rows, business_unit_id, outlet_id, first_seen_on, {{ as_of_date() }}, null
    from {{ ref('customer_records_incomplete') }}
    union all
    select
        conflicts.kind, 'error', conflicts.service_number,
        case conflicts.kind
            when 'double_assignment' then 'two accounts hold number ' || conflicts.service_number || ' at the same time'
            when 'double_order' then 'two open orders ask for number ' || conflicts.service_number
            when 'number_outside_range' then 'number ' || conflicts.service_number || ' lies in no range of the numbering plan'
            else 'number ' || conflicts.service_number || ' was ordered by an outlet of another sales area'
        end,
        1, coalesce(outlets.business_unit_id, ranges.business_unit_id), conflicts.outlet_id,
        {{ as_of_date() }}, {{ as_of_date() }}, null
    from {{ ref('number_conflicts') }} as conflicts
    left join {{ ref('outlets') }} as outlets on conflicts.outlet_id = outlets.outlet_id
    left join {{ ref('int_numbers_in_ranges') }} as ranges on conflicts.service_number = ranges.service_number
    union all
    select
        'merge_with_arrears', 'error', account_merges.merge_id,
        'account ' || account_merges.from_account_id || ' was merged into ' || account_merges.into_account_id || ' with '
        || cast(account_merges.unpaid_amount as varchar) || ' unpaid',
        1, outlets.business_unit_id, account_merges.outlet_id,
        cast(account_merges.merged_at as date), cast(account_merges.merged_at as date), null
    from {{ ref('int_merges_with_arrears') }} as account_merges
    left join {{ ref('outlets') }} as outlets on account_merges.outlet_id = outlets.outlet_id
    union all
    select
        'payment_unknown_account', 'error', payments.payment_id,
        'payment of ' || cast(payments.amount as varchar) || ' on account ' || payments.account_id || ', which no export knows',
        1, outlets.business_unit_id, payments.outlet_id, cast(payments.paid_at as date), cast(payments.paid_at as date), null
    from {{ ref('int_payments') }} as payments
    left join {{ ref('outlets') }} as outlets on payments.outlet_id = outlets.outlet_id
    where not payments.is_applicable
    union all
    select
        'payment_vanished', 'error', payments.payment_id,
        'payment ' || payments.payment_id || ' of ' || cast(payments.amount as varchar) || ' on account '
        || coalesce(payments.account_id, '(none)') || ' of ' || cast(cast(payments.paid_at as date) as varchar)
        || ' is gone since the payments export of ' || cast(payments.vanished_on as varchar)
        || ', and an export without it holds earlier ones: it was deleted and does not count; if it was paid, put it back into the export',
        1, outlets.business_unit_id, payments.outlet_id, payments.vanished_on, payments.vanished_on, null
    from {{ ref('int_payments_known') }} as payments
    left join {{ ref('outlets') }} as outlets on payments.outlet_id = outlets.outlet_id
    where payments.vanished_on is not null and cast(payments.paid_at as date) <= {{ as_of_date() }}
    union all
    select
        'number_vanished', 'warn', intervals.service_number,
        'number ' || intervals.service_number || ' of account ' || intervals.account_id
        || ' had no end and is gone from the service_numbers export of ' || cast(intervals.vanished_on as varchar)
        || ': it ends ' || cast(intervals.valid_to as varchar) || '; say the true end in the export',
        1, customers.business_unit_id, customers.outlet_id, intervals.vanished_on, intervals.vanished_on, null
    from {{ ref('int_number_intervals') }} as intervals
    left join {{ ref('int_accounts_known') }} as accounts on intervals.account_id = accounts.account_id
    left join {{ ref('int_customers_known') }} as customers on accounts.customer_id = customers.customer_id
    where intervals.vanished_on is not null
    union all
    select
        'payments_overdrawn', 'error', overdrawn.settling_account_id,
        'more went back from account ' || overdrawn.settling_account_id || ' than it had paid: its balance is -'
        || cast(sum(overdrawn.amount) as varchar) || ', which its next payments fill first',
        count(*), min(outlets.business_unit_id), min(customers.outlet_id), min(overdrawn.taken_on), max(overdrawn.taken_on), null
    from {{ ref('int_reversals_taken') }} as overdrawn
    left join {{ ref('int_accounts_known') }} as accounts on overdrawn.settling_account_id = accounts.account_id
    left join {{ ref('int_customers_known') }} as customers on accounts.customer_id = customers.customer_id
    left join {{ ref('outlets') }} as outlets on customers.outlet_id = outlets.outlet_id
    where overdrawn.payment_id is null
    group by overdrawn.settling_account_id
    union all
    select
        'debit_returned', 'error', returns.account_id,
        'bank ' || returns.bank_code || ' took back ' || cast(returns.amount as varchar) || ' from account ' || returns.account_id
        || ', collected on ' || cast(returns.collected_on as varchar) || ': ' || coalesce(failures.cause, 'no cause')
        || ' (result ' || failures.result_code || ')',
        1, outlets.business_unit_id, failures.outlet_id, returns.returned_on, returns.returned_on, null
    from {{ ref('int_debit_returns') }} as returns
    inner join {{ ref('int_debit_results') }} as results on returns.return_id = results.payment_id
    inner join {{ ref('debit_failures') }} as failures
        on
            results.bank_code = failures.bank_code
            and results.batch_id = failures.batch_id
            and results.debited_on = failures.debited_on
            and results.line = failures.line
    left join {{ ref('outlets') }} as outlets on failures.outlet_id = outlets.outlet_id
    union all
    select
        'debit_total_mismatch', 'error', bank_code || ' ' || batch_id || ' ' || file_name,
        coalesce(status_reason, 'header ' || cast(total_amount as varchar) || ', details ' || cast(detail_total_amount as varchar)),
        1, null, null, file_date, file_date, null
    from {{ ref('stg_bank__debit_batches') }}
    where not totals_agree
    union all
    select
        'debit_account_fault', 'error', failures.account_id,
        'bank ' || failures.bank_code || ' refused account ' || failures.account_id || ': result ' || failures.result_code,
        count(*), min(outlets.business_unit_id), failures.outlet_id, min(failures.debited_on), max(failures.debited_on), null
    from {{ ref('debit_failures') }} as failures
    left join {{ ref('outlets') }} as outlets on failures.outlet_id = outlets.outlet_id
    where failures.cause = 'account_fault'
    group by failures.account_id, failures.bank_code, failures.result_code, failures.outlet_id
    union all
    select
        'debit_code_unknown', 'error', bank_code || ' ' || result_code,
        'bank ' || bank_code || ' reports result ' || result_code || ', which is not in debit_result_codes: its lines count as failed, '
        || 'cause other, until the book has it',
        count(*), null, null, min(debited_on), max(debited_on), null
    from {{ ref('stg_bank__debits') }}
    where is_code_unknown
    group by bank_code, result_code
    union all
    select
        'debit_correction', 'warn', corrections.account_id,
        'bank ' || corrections.bank_code || ' corrects account ' || corrections.account_id || ': ' || corrections.correction_code
        || coalesce(' ' || corrections.corrected_data, ''),
        1, outlets.business_unit_id, corrections.outlet_id, corrections.notified_on, corrections.notified_on, null
    from {{ ref('debit_corrections') }} as corrections
    left join {{ ref('outlets') }} as outlets on corrections.outlet_id = outlets.outlet_id
    union all
    select
        'debit_unanswered', 'warn', bank_code || ' ' || batch_id,
        'bank ' || bank_code || ' has not answered debit requests of ' || cast(sum(amount) as varchar) || ', to be debited on '
        || cast(min(debit_on) as varchar),
        count(*), null, null, min(debit_on), min(debit_on), null
    from {{ ref('debit_requests') }}
    where is_overdue
    group by bank_code, batch_id
    union all
    select
        'debit_unexpected', 'warn', bank_code || ' ' || batch_id || ' ' || cast(debited_on as varchar) || ' ' || kind,
        case kind
            when 'unexpected' then 'the result has lines that no debit request asked for'
            when 'answered_twice' then 'the result answers debit requests that were answered before'
            when 'other_amount' then 'the result names other amounts than were requested'
            else 'the result names other accounts than were requested'
        end || ', the first is line ' || cast(min(line) as varchar),
        count(*), null, null, debited_on, debited_on, null
    from {{ ref('debit_result_mismatches') }}
    group by bank_code, batch_id, debited_on, kind
    union all
    select
        'billing_error_complaint', 'warn', complaints.complaint_id,
        'complaint of account ' || complaints.account_id || ' about ' || coalesce(complaints.kind, 'a bill') || ' was a billing error',
        1, outlets.business_unit_id, complaints.outlet_id,
        cast(complaints.opened_at as date), cast(complaints.opened_at as date), cast(complaints.closed_at as date)
    from {{ ref('int_complaints_known') }} as complaints
    left join {{ ref('outlets') }} as outlets on complaints.outlet_id = outlets.outlet_id
    where complaints.was_billing_error and cast(complaints.opened_at as date) <= {{ as_of_date() }}
    union all
    select
        'adjustment_not_counted', 'error', adjustment_id,
        'adjustment ' || adjustment_id || ' of ' || cast(amount as varchar) || ' for account ' || account_id
        || case when fault = 'changed_after_closing' then ' was changed and does not count so: ' else ' does not count: ' end || case fault
            when 'kind_unknown' then 'its kind ' || kind || ' is none of charge, credit, write_off and write_off_reversal'
            when 'account_unknown' then 'no accounts export has its account'
            when 'not_approved' then 'nobody has approved it'
            when 'no_preparer' then 'it does not say who prepared it'
            when 'approved_by_preparer' then 'who prepared it has approved it (' || approved_by || '), and another person has to'
            when 'bill_item_unknown' then 'its bill item ' || coalesce(bill_item_id, '(none)') || ' is not in the reference book'
            when 'before_first_period' then 'it is dated before the first billing period'
            when 'above_open_amount' then 'the account had only ' || cast(possible_amount as varchar) || ' open at the end of its day'
            when 'above_write_off'
                then 'the write-off ' || reverses_adjustment_id || ' has only ' || cast(possible_amount as varchar) || ' left'
            when 'write_off_unknown'
                then 'no write-off ' || coalesce(reverses_adjustment_id, '(none)') || ' of the account counts before it'
            else
                'its bill of ' || billing_period || ' was closed with ' || cast(counted_amount as varchar)
                || ', so correct it by another charge or credit'
        end,
        1, business_unit_id, outlet_id, dated_on, dated_on, null
    from {{ ref('account_adjustments') }}
    where fault is not null
    union all
    select
        'late_for_closed_period', 'warn', call_period || ' in ' || billing_period,
        'calls of the closed period ' || call_period || ' became known too late and are billed in ' || billing_period,
        calls, null, null, first_call_date, first_call_date, null
    from {{ ref('int_late_calls') }}
    union all
    select
        'late_for_closed_period', 'warn', 'subscription ' || subscription_id || ' in ' || billing_period,
        'subscription ' || subscription_id || ' of account ' || account_id || ' was in force in the closed period '
        || billing_period || ' but became known too late; its fee is not billed',
        1, null, null, first_day, first_day, null
    from {{ ref('int_late_subscriptions') }}
),
-- Two problems of a kind can have the same subject (a name rejected twice): the second gets a number.
numbered as (
    select
        *,
        row_number() over (partition by kind, subject order by first_seen_on, detail, outlet_id) as subject_rank
    from problems
)
select
    kind || ':' || subject || case when subject_rank > 1 then ' #' || cast(subject_rank as varchar) else '' end as problem_id,
    found_on,
    kind,
    severity,
    business_unit_id,
    outlet_id,
    subject,
    detail,
    cast(count as bigint) as count,
    first_seen_on,
    resolved_on
from numbered
