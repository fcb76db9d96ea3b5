-- A warehouse in which every gate holds, small enough to be worked by hand.
-- Calls of A1 in 2026-03: 0.22 + 0.11 + 0.005 = 0.335, rounded half-up 0.34; of A2: 0.004, rounded 0.00, no line.
-- 2026-02 is closed: one call of A1 of 0.50 on a line of 0.50 and a bill of 0.50, paid by P0. It was rated again at 0.555:
-- 0.56 less 0.50 = 0.06 was posted to 2026-03.
-- Bill of A1: calls 0.34 + rental 18.00 + adjustments 0.06 and 0.04 + late fee 0.02 = 18.46; P1 of 20.00 pays 18.34 of it so far.
create schema raw;
create schema reference;
create schema staging;
create schema intermediate;
create schema marts;
create schema closed;

create table reference.gate_thresholds (gate_id varchar, warn_above decimal(18, 6), hold_above decimal(18, 6));
insert into reference.gate_thresholds values ('malformed', 0.01, 0.05), ('duplicate', 0.02, 0.1), ('other_day', 0.02, 0.1);
create table raw.gate_thresholds as select *, true as is_known from reference.gate_thresholds;
create table reference.switches as select 'SW1' as switch_id;
create table reference.debit_result_codes as select 'BK1' as bank_code, '00' as result_code;
create table reference.class_plans as select 'residential' as customer_class, 'P1' as tariff_plan_id;
create table reference.business_units as select 'U1' as business_unit_id;
create table reference.outlets as select 'O1' as outlet_id;
create table reference.agents as select 'AG1' as agent_id;
create table reference.exchanges as select 'E1' as exchange_id;
create table reference.time_bands as select 'B1' as band_set_id, 'day' as band_id;
create table reference.tariff_plans as select 'P1' as tariff_plan_id;
create table reference.tariff_rates as select 'P1' as tariff_plan_id, 'LOCAL' as zone_id, 60 as increment_seconds;
create table intermediate.int_number_ranges as select '2345000' as range_start, '2345999' as range_end, 7 as number_length;
create table reference.products as select 'RENT' as product_id;
create table reference.promotions as select 'MATCH' as promotion_id;
create table intermediate.int_tariff_faults (table_name varchar, row_key varchar, fault varchar, detail varchar);
create table intermediate.int_tariff_rows as
select 'P1' as tariff_plan_id, 'LOCAL' as zone_id, date '2026-01-01' as valid_from, 'day' as band_id;
create table intermediate.int_tariff_versions as
select
    'P1' as tariff_plan_id, 'LOCAL' as zone_id, date '2026-01-01' as valid_from, date '9999-12-31' as valid_to, 'B1' as band_set_id,
    cast(null as varchar) as fault;

create table marts.file_reconciliation (
    file_id varchar, file_kind varchar, file_name varchar, source varchar, switch_id varchar, file_date date,
    file_status varchar, status_reason varchar, declared_records bigint, read_records bigint, malformed bigint,
    ignored bigint, held bigint, duplicate bigint, other_day bigint, partial bigint, not_answered bigint, not_charged bigint, undocumented bigint,
    unrated bigint, rated bigint, declared_seconds bigint, read_seconds bigint
);
insert into marts.file_reconciliation values
('F0', 'cdr', 'SW1_20260227_000001.csv', 'sw1', 'SW1', '2026-02-27', 'loaded', null, null, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, null, 60),
('F1', 'cdr', 'SW1_20260301_000002.csv', 'sw1', 'SW1', '2026-03-01', 'loaded', null, 100, 100, 1, 8, 0, 1, 1, 2, 80, 1, 1, 1, 4, 600, 600),
('F2', 'bank', 'BK1_20260310_B1.txt', 'bk1', null, '2026-03-10', 'loaded', null, null, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, null, null),
('F3', 'customers', 'customers_20260331.csv', 'crm', null, '2026-03-31', 'loaded', null, null, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, null, null);
create table marts.sequence_gaps (
    switch_id varchar, missing_from bigint, missing_to bigint, missing_files bigint, gap_since date, age_days bigint
);
create table marts.expected_files (
    switch_id varchar, file_date date, exchange_id varchar, expected_files bigint, due_files bigint, arrived_files bigint,
    missing_files bigint, days_late bigint, is_day_over boolean
);
insert into marts.expected_files values
('SW1', '2026-02-27', 'E1', 1, 1, 1, 0, 0, true), ('SW1', '2026-03-01', 'E1', 2, 2, 1, 1, 0, false);

create table marts.customer_records_incomplete (
    export_table varchar, record_id varchar, rule_id varchar, field varchar, rule_en varchar, file_name varchar
);
insert into marts.customer_records_incomplete values ('customers', 'C9', 'name_filled', 'name', 'no name', 'customers.csv');

create table marts.debit_batches (
    bank_code varchar, batch_id varchar, billing_period varchar, debited_on date, records bigint,
    total_amount decimal(18, 2), success_records bigint, success_amount decimal(18, 2), detail_records bigint,
    detail_total_amount decimal(18, 2), detail_success_records bigint, detail_success_amount decimal(18, 2),
    totals_agree boolean, is_accepted boolean, is_difference_accepted boolean, result_scheme varchar
);
insert into marts.debit_batches values
('BK1', 'B1', '2026-02', '2026-03-10', 2, 30.50, 1, 20.00, 2, 30.50, 1, 20.00, true, true, false, null);

create table marts.debit_requests (
    bank_code varchar, batch_id varchar, line bigint, result varchar, is_overdue boolean, account_id varchar, amount decimal(18, 2)
);
insert into marts.debit_requests values
('BK1', 'B1', 1, 'answered_success', false, 'A1', 20.00), ('BK1', 'B2', 1, 'unanswered', false, 'A2', 7.00),
('BK1', 'B2', 2, 'unanswered', false, 'A1', 0.06);
create table intermediate.int_debits_requested as
select bank_code, batch_id, line, cast(null as date) as asked_again_on from marts.debit_requests;
create table marts.debit_result_mismatches (bank_code varchar, batch_id varchar, line bigint, kind varchar);

create table staging.stg_crm__customers (
    customer_id varchar, name varchar, customer_class varchar, is_key_account boolean, business_unit_id varchar,
    outlet_id varchar, agent_id varchar, opened_on date, closed_on date
);
insert into staging.stg_crm__customers values
('C1', '王芳', 'residential', false, 'U1', 'O1', 'AG1', '2020-01-01', null),
('C2', '李伟', 'residential', false, 'U1', 'O1', null, '2020-01-01', '2026-03-31');
create table staging.stg_crm__accounts (
    account_id varchar, customer_id varchar, payment_method varchar, bank_code varchar, bank_account varchar,
    opened_on date, closed_on date
);
insert into staging.stg_crm__accounts values
('A1', 'C1', 'debit', 'BK1', '6222001', '2020-01-01', null), ('A2', 'C2', 'counter', null, null, '2020-01-01', null);
create table staging.stg_crm__service_numbers (
    service_number varchar, account_id varchar, exchange_id varchar, tariff_plan_id varchar, valid_from timestamp,
    valid_to timestamp
);
insert into staging.stg_crm__service_numbers values
('2345678', 'A1', 'E1', 'P1', '2020-01-01 00:00:00', null),
('2345679', 'A2', 'E1', null, '2020-01-01 00:00:00', '2026-03-20 00:00:00');
create table staging.stg_crm__subscriptions (
    subscription_id varchar, account_id varchar, service_number varchar, product_id varchar, promotion_id varchar,
    valid_from date, valid_to date
);
insert into staging.stg_crm__subscriptions values ('S1', 'A1', '2345678', 'RENT', 'MATCH', '2026-01-01', null);
create table staging.stg_crm__payments (
    payment_id varchar, account_id varchar, paid_at timestamp, amount decimal(18, 2), channel varchar, outlet_id varchar
);
insert into staging.stg_crm__payments values
('P0', 'A1', '2026-03-02 10:00:00', 0.50, 'counter', 'O1'), ('P1', 'A1', '2026-04-02 10:00:00', 20.00, 'counter', 'O1');
create table staging.stg_crm__account_merges (
    merge_id varchar, from_account_id varchar, into_account_id varchar, merged_at timestamp, outlet_id varchar
);
insert into staging.stg_crm__account_merges values ('M1', 'A2', 'A1', '2026-03-25 00:00:00', 'O1');
create table staging.stg_crm__number_orders (
    order_id varchar, service_number varchar, outlet_id varchar, ordered_at timestamp, status varchar
);
insert into staging.stg_crm__number_orders values ('N1', '2345700', 'O1', '2026-03-01 00:00:00', 'open');
create table staging.stg_crm__complaints (
    complaint_id varchar, account_id varchar, outlet_id varchar, opened_at timestamp, closed_at timestamp, kind varchar,
    was_billing_error boolean
);
insert into staging.stg_crm__complaints values ('K1', 'A1', 'O1', '2026-03-01 00:00:00', null, 'bill', false);
create table staging.stg_crm__account_adjustments (
    adjustment_id varchar, account_id varchar, kind varchar, amount decimal(18, 2), dated_on date, reason varchar,
    prepared_by varchar, approved_by varchar
);
insert into staging.stg_crm__account_adjustments values ('J1', 'A1', 'charge', 0.10, '2026-03-20', 'call-out', 'lin', 'chen');
create table staging.stg_crm__outlet_terminals (
    terminal_id varchar, outlet_id varchar, access_kind varchar, has_backup_line boolean, installed_on date, last_inspected_on date,
    fault_since date
);
insert into staging.stg_crm__outlet_terminals values ('T1', 'O1', 'fibre', true, '2025-01-01', '2026-03-01', null);
create table staging.stg_crm__trainings (
    training_id varchar, held_on date, title_zh varchar, title_en varchar, business_unit_id varchar, outlet_id varchar, invited integer,
    attended integer
);
insert into staging.stg_crm__trainings values ('L1', '2026-03-10', '资费', 'Tariffs', null, 'O1', 10, 10);
create table staging.stg_crm__training_exams (training_id varchar, person_id varchar, has_passed boolean);
insert into staging.stg_crm__training_exams values ('L1', 'lin', true), ('L1', 'chen', false);

create table intermediate.int_number_assignments as
select service_number, valid_from, valid_to, account_id, cast(null as varchar) as fault from staging.stg_crm__service_numbers;
create view intermediate.int_accounts_known as select account_id, customer_id from staging.stg_crm__accounts;
create view intermediate.int_customers_known as select customer_id from staging.stg_crm__customers where customer_id is not null;
create table intermediate.int_payments as select payment_id, account_id, paid_at, amount from staging.stg_crm__payments;
insert into intermediate.int_payments values ('R1', 'A1', '2026-04-05 00:00:00', -1.66), ('R2', 'A1', '2026-04-06 00:00:00', -2.00);
create table intermediate.int_reversals_taken (
    reversal_id varchar, payment_id varchar, settling_account_id varchar, taken_on date, amount decimal(18, 2)
);
-- Of P1's 20.00 1.66 had paid nothing and are gone first; then 2.00 of what it had paid.
insert into intermediate.int_reversals_taken values
('R1', 'P1', 'A1', '2026-04-05', 1.66), ('R2', 'P1', 'A1', '2026-04-06', 2.00), ('R2', null, 'A1', '2026-04-06', 0.50);

create table marts.rated_calls (
    call_id varchar, switch_id varchar, trunk_group_in varchar, trunk_group_out varchar, calling_number varchar,
    called_number varchar, charged_number varchar, started_at timestamp, started_at_utc timestamp, call_date date, duration_seconds bigint,
    account_id varchar, file_name varchar, record_number bigint, bill_item_id varchar, amount decimal(18, 6),
    billing_period varchar
);
insert into marts.rated_calls values
('F0:1', 'SW1', null, null, '2345678', '01088', '2345678', '2026-02-27 09:00:00', null, '2026-02-27', 60, 'A1', 'SW1_20260227_000001.csv', 1, 'CALL', 0.50, '2026-02'),
('F1:1', 'SW1', null, 'T1', '2345678', '01088', '2345678', '2026-03-01 09:00:00', null, '2026-03-01', 180, 'A1', 'SW1_20260301_000002.csv', 1, 'CALL', 0.22, '2026-03'),
('F1:2', 'SW1', null, 'T1', '2345678', '01088', '2345678', '2026-03-01 10:00:00', null, '2026-03-01', 60, 'A1', 'SW1_20260301_000002.csv', 2, 'CALL', 0.11, '2026-03'),
('F1:3', 'SW1', 'T1', null, '01099', '2345678', '2345678', '2026-03-01 11:00:00', null, '2026-03-01', 3, 'A1', 'SW1_20260301_000002.csv', 3, 'CALL', 0.005, '2026-03'),
('F1:4', 'SW1', null, null, '2345679', '2345678', '2345679', '2026-03-01 12:00:00', null, '2026-03-01', 2, 'A2', 'SW1_20260301_000002.csv', 4, 'CALL', 0.004, '2026-03');
-- F1:1 and F1:2 draw on 181 s: 1 s is left when F1:2 begins, whose one increment of 60 s is covered whole. F1:4 draws on 0.006.
alter table marts.rated_calls add column package_id varchar;
alter table marts.rated_calls add column package_number varchar;
alter table marts.rated_calls add column covered_seconds bigint;
alter table marts.rated_calls add column covered_amount decimal(18, 6);
alter table marts.rated_calls add column tariff_plan_id varchar default 'P1';
alter table marts.rated_calls add column zone_id varchar default 'LOCAL';
update marts.rated_calls set package_id = 'TALK', package_number = '', covered_seconds = duration_seconds, covered_amount = 0.10
where call_id in ('F1:1', 'F1:2');
update marts.rated_calls set package_id = 'MONEY', package_number = '2345679', covered_amount = 0.006 where call_id = 'F1:4';
create table marts.package_use (
    package_id varchar, account_id varchar, package_number varchar, billing_period varchar, allowance_kind varchar,
    allowance decimal(18, 6), used decimal(18, 6), calls bigint, covered_amount decimal(18, 6)
);
insert into marts.package_use values
('TALK', 'A1', '', '2026-03', 'seconds', 181, 240, 2, 0.20),
('MONEY', 'A2', '2345679', '2026-03', 'amount', 0.006, 0.006, 1, 0.006),
('TALK', 'A1', '', '2026-04', 'seconds', 181, 0, 0, 0);
create table marts.suspended_calls (call_id varchar, state varchar, reason varchar, estimated_amount decimal(18, 6), charged_number varchar);
insert into marts.suspended_calls values
('F1:5', 'other_day', 'began two days before', null, null), ('F1:6', 'undocumented', 'no interval', 0.20, '2345999'),
('F1:7', 'unrated', 'no prefix', null, null), ('F1:11', 'partial', 'waits for its last piece', null, null);
create table marts.money_at_risk (state varchar, age_bucket varchar, business_unit_id varchar, estimated_amount decimal(18, 6));
insert into marts.money_at_risk values
('other_day', '31+', 'unassigned', null), ('undocumented', '31+', 'unassigned', 0.20), ('unrated', '31+', 'U1', null),
('partial', '31+', 'U1', null);
create table marts.undocumented_numbers (
    calling_number varchar, calls bigint, estimated_amount decimal(18, 6), first_seen_at timestamp
);
insert into marts.undocumented_numbers values ('2345999', 1, 0.20, '2026-03-01 09:00:00');
create table marts.duplicate_calls (call_id varchar, original_call_id varchar);
insert into marts.duplicate_calls values ('F1:8', 'F1:1');

create table marts.overlapping_calls (
    calling_number varchar, call_date date, started_at timestamp, call_id varchar, overlapped_call_id varchar,
    calls_at_once bigint, channels bigint, overlapping_calls bigint
);
create table marts.call_anomalies (
    anomaly_id varchar, kind varchar, switch_id varchar, calling_number varchar, hour timestamp, measure bigint,
    usual decimal(18, 1), threshold decimal(18, 1), call_ids varchar, detail varchar
);

create table marts.bill_lines (
    account_id varchar, service_number varchar, billing_period varchar, bill_item_id varchar, line_kind varchar,
    amount decimal(18, 2)
);
insert into marts.bill_lines values
('A1', '2345678', '2026-02', 'CALL', 'usage', 0.50),
('A1', '2345678', '2026-03', 'CALL', 'usage', 0.34),
('A1', '2345678', '2026-03', 'RENTAL', 'recurring', 18.00),
('A1', '2345678', '2026-03', 'CALL', 'adjustment', 0.06),
('A1', '2345678', '2026-03', 'RENTAL', 'manual_adjustment', 0.04),
('A1', '', '2026-03', 'RENTAL', 'late_fee', 0.02);
create table marts.rerating_adjustments (
    account_id varchar, service_number varchar, bill_item_id varchar, closed_period varchar, amount_before decimal(18, 6),
    amount_after decimal(18, 6)
);
insert into marts.rerating_adjustments values ('A1', '2345678', 'CALL', '2026-02', 0.50, 0.555);
create table staging.stg_ledger__rerating_lines (
    account_id varchar, service_number varchar, bill_item_id varchar, closed_period varchar, amount decimal(18, 2),
    adjusted_in varchar
);
insert into staging.stg_ledger__rerating_lines values ('A1', '2345678', 'CALL', '2026-02', 0.06, '2026-03');
create table marts.bills (
    account_id varchar, billing_period varchar, amount decimal(18, 2), is_provisional boolean, due_on date, settling_account_id varchar
);
-- The account that pays a closed bill may be another since: A1 was merged after February was closed.
insert into marts.bills values
('A1', '2026-02', 0.50, false, '2026-03-25', 'A2'), ('A1', '2026-03', 18.46, false, '2026-04-09', 'A2');
create table marts.payment_applications (
    payment_id varchar, account_id varchar, billing_period varchar, applied_on date, amount decimal(18, 2)
);
insert into marts.payment_applications values
('P0', 'A1', '2026-02', '2026-03-02', 0.50), ('P1', 'A1', '2026-03', '2026-04-02', 18.34),
('P1', 'A1', '2026-03', '2026-04-06', -2.00);
-- A charge of 0.10 less a credit of 0.06, one that nobody approved, and 1.50 written off, of which 0.50 were taken back.
create table marts.account_adjustments (
    adjustment_id varchar, account_id varchar, kind varchar, amount decimal(18, 2), billing_period varchar, bill_item_id varchar,
    service_number varchar, prepared_by varchar, approved_by varchar, reverses_adjustment_id varchar,
    counted_amount decimal(18, 2), fault varchar
);
insert into marts.account_adjustments values
('J1', 'A1', 'charge', 0.10, '2026-03', 'RENTAL', '2345678', 'lin', 'chen', null, 0.10, null),
('J2', 'A1', 'credit', 0.06, '2026-03', 'RENTAL', '2345678', 'lin', 'chen', null, -0.06, null),
('J3', 'A1', 'credit', 5.00, null, 'RENTAL', '2345678', 'lin', null, null, 0.00, 'not_approved'),
('W1', 'A1', 'write_off', 1.50, null, null, '', 'lin', 'chen', null, 1.50, null),
('V1', 'A1', 'write_off_reversal', 0.50, null, null, '', 'lin', 'chen', 'W1', -0.50, null);
create table marts.bill_write_offs (adjustment_id varchar, account_id varchar, billing_period varchar, amount decimal(18, 2));
insert into marts.bill_write_offs values ('W1', 'A1', '2026-03', 1.50), ('W1', 'A1', '2026-03', -0.50);
create table marts.late_fees (
    account_id varchar, unpaid_period varchar, fee_period varchar, principal decimal(18, 2), amount decimal(18, 2)
);
insert into marts.late_fees values ('A1', '2026-01', '2026-02', 0.03, 0.02), ('A1', '2026-01', '2026-03', 0.03, 0.01);
create table marts.commission_lines (
    agent_id varchar, settlement_period varchar, line_kind varchar, basis_amount decimal(18, 2), rate decimal(18, 6),
    amount decimal(18, 2)
);
insert into marts.commission_lines values
('AG1', '2026-02', 'on_time', 100.00, 5, 5.00), ('AG1', '2026-02', 'clawback', 1, 2.50, -2.50);
create table marts.commission_statements (agent_id varchar, settlement_period varchar, amount decimal(18, 2));
insert into marts.commission_statements values ('AG1', '2026-02', 2.50);
-- 60.00 + 40.00 at 5 %, the bonus of one number that ended, and the reasons of the other kinds.
create table marts.commission_bases (
    agent_id varchar, settlement_period varchar, line_kind varchar, account_id varchar, basis_amount decimal(18, 2),
    numbers bigint, rate decimal(18, 6), reason varchar
);
insert into marts.commission_bases values
('AG1', '2026-02', 'on_time', 'A1', 60.00, null, 5, null), ('AG1', '2026-02', 'on_time', 'A2', 40.00, null, 5, null),
('AG1', '2026-02', 'clawback', null, null, 1, 2.50, null), ('AG1', '2026-02', 'late', null, 0.00, null, 2, 'nothing_applied'),
('AG1', '2026-02', 'restatement', null, 0.00, null, null, 'nothing_returned'),
('AG1', '2026-02', 'activation', null, null, 0, 2.50, 'nothing_activated');
create table marts.commission_forecast (
    agent_id varchar, settlement_period varchar, line_kind varchar, amount decimal(18, 2), is_provisional boolean, as_of date,
    cut_off_on date
);
insert into marts.commission_forecast values
('AG1', '2026-03', 'on_time', 1.00, true, date '2026-04-10', date '2026-04-30'),
('AG1', '2026-03', 'late', 0.00, true, date '2026-04-10', date '2026-04-30');

-- February was reopened once before, and closed again: A1 had 1.00 more then.
create table marts.period_reopenings as
select account_id, billing_period, 1 as reopening_number, count(*) as lines, sum(amount) as amount, sum(amount) + 1 as frozen_amount
from marts.bill_lines where billing_period = '2026-02' group by account_id, billing_period;
create table closed.periods as select '2026-02' as billing_period;
create table closed.late_fees (
    billing_period varchar, account_id varchar, unpaid_period varchar, bill_item_id varchar, amount decimal(18, 2)
);
insert into closed.late_fees values ('2026-01', 'A1', '2026-01', 'RENTAL', 0.01), ('2026-02', 'A1', '2026-01', 'RENTAL', 0.02);
create table closed.rated_calls as select * from marts.rated_calls where billing_period = '2026-02';
create table closed.bill_lines as select * from marts.bill_lines where billing_period = '2026-02';
create table closed.bills as select * exclude (settling_account_id) from marts.bills where billing_period = '2026-02';

create table raw.run_facts as select date '2026-04-10' as as_of;
-- 18.46 less 18.34 that was paid, of which 2.00 went back, and 1.00 that was written off.
create table marts.arrears (
    settling_account_id varchar, amount decimal(18, 2), amount_1_30 decimal(18, 2), amount_31_60 decimal(18, 2),
    amount_61_90 decimal(18, 2), amount_91_plus decimal(18, 2), on_dunning_list boolean
);
insert into marts.arrears values ('A1', 1.12, 1.12, 0, 0, 0, true);
-- 0.06 of it are asked of the bank.
create table marts.dunning_list (
    account_id varchar, billing_period varchar, settling_account_id varchar, amount decimal(18, 2), dunned_amount decimal(18, 2)
);
insert into marts.dunning_list values ('A1', '2026-03', 'A1', 1.12, 1.06);
create table marts.prepaid_balances (
    settling_account_id varchar, prepaid_amount decimal(18, 2), overdrawn_amount decimal(18, 2)
);
create table intermediate.int_payer_groups (account_id varchar, settling_account_id varchar, payer_group varchar);
insert into intermediate.int_payer_groups values
('A1', 'A1', 'customer C1'), ('A2', 'A2', 'customer C2'), ('A3', 'A2', 'customer C2');
create table intermediate.int_account_merges_known as
select 'M1' as merge_id, 'A3' as from_account_id, 'A2' as into_account_id, timestamp '2026-03-05 10:00:00' as merged_at;
create table intermediate.int_payments_known as
select payment_id, account_id, paid_at, amount, cast(null as date) as vanished_on from staging.stg_crm__payments;
insert into raw.gate_thresholds values
('undocumented', 0.02, 0.05, true), ('undocumented_days', 40, 92, true), ('duplicate_branch', 0.02, 0.05, true);
create table intermediate.int_info_service_daily (billing_period varchar, amount decimal(18, 6));
insert into intermediate.int_info_service_daily values ('2026-03', 0.20), ('2026-03', 0.02);
create table marts.info_service_settlements (provider_id varchar, billing_period varchar, amount decimal(18, 6));
insert into marts.info_service_settlements values ('V1', '2026-03', 0.20), ('unassigned', '2026-03', 0.02);
-- A1 has an agent and no outlet.
create table marts.collection_rates (
    billing_period varchar, dimension varchar, dimension_id varchar, bills bigint, receivable decimal(18, 2), received decimal(18, 2),
    written_off decimal(18, 2)
);
insert into marts.collection_rates
select bills.billing_period, dimensions.dimension, dimensions.dimension_id, 1, bills.amount, applied.amount,
    case bills.billing_period when '2026-03' then 1.00 else 0 end
from marts.bills as bills
inner join (
    select account_id, billing_period, sum(amount) as amount from marts.payment_applications group by all
) as applied using (account_id, billing_period)
cross join (
    values ('branch', 'branch'), ('business_unit', 'U1'), ('agent', 'AG1'), ('outlet', 'unassigned'), ('customer_class', 'residential')
) as dimensions (dimension, dimension_id);

-- The bills were issued on 1 March and 1 April; P0 came a day later, P1 a day later, and 2.00 of it went back on the 6th.
create table marts.collection_curves (
    dimension varchar, dimension_id varchar, billing_period varchar, days_since_issue bigint, receivable decimal(18, 2),
    received decimal(18, 2)
);
insert into marts.collection_curves
select dimension, dimension_id, days.*
from marts.collection_rates as rates
inner join (
    values
    ('2026-02', 0, 0.50, 0.00), ('2026-02', 1, 0.50, 0.50),
    ('2026-03', 0, 18.46, 0.00), ('2026-03', 1, 18.46, 18.34), ('2026-03', 5, 18.46, 16.34)
) as days (billing_period, days_since_issue, receivable, received) on rates.billing_period = days.billing_period;
create table marts.receivables_kpis (
    month varchar, dimension varchar, dimension_id varchar, opening_receivable decimal(18, 2), billed decimal(18, 2),
    received decimal(18, 2), written_off decimal(18, 2), closing_receivable decimal(18, 2), closing_not_due decimal(18, 2)
);
insert into marts.receivables_kpis
select months.month, dimension, dimension_id, months.* exclude (month, period)
from marts.collection_rates as rates
inner join (
    values ('2026-03', '2026-02', 0.00, 0.50, 0.50, 0.00, 0.00, 0.00), ('2026-04', '2026-03', 0.00, 18.46, 16.34, 1.00, 1.12, 0.00)
) as months (month, period, opening_receivable, billed, received, written_off, closing_receivable, closing_not_due)
    on rates.billing_period = months.period;
create table marts.roll_rates as
select
    month, dimension, dimension_id, 'billed' as from_bucket, billed as from_amount, received as paid_amount, written_off as written_off_amount,
    closing_receivable as rolled_amount, closing_not_due as amount_not_due, closing_receivable as amount_1_30,
    closing_not_due as amount_31_60, closing_not_due as amount_61_90, closing_not_due as amount_91_plus
from marts.receivables_kpis;

-- What the ledger has counted: F1 has 91 calls (100 records less 1 malformed and 8 ignored) of 600 s; F2 two debits and a
-- correction, F4 one debit; F5 is in pieces, so that its seconds are not compared.
create table intermediate.int_call_states_daily (call_date date, file_id varchar, state varchar, records bigint, seconds bigint);
insert into intermediate.int_call_states_daily values
('2026-02-27', 'F0', 'rated', 1, 60),
('2026-03-01', 'F1', 'rated', 4, 540), ('2026-03-01', 'F1', 'not_answered', 80, 0), ('2026-03-02', 'F1', 'other_day', 7, 60),
('2026-03-01', 'F5', 'rated', 1, 7200);
create table raw.debits (file_id varchar, line_kind varchar, result_code varchar, amount decimal(18, 2));
insert into raw.debits values
('F2', 'debit', '00', 20.00), ('F2', 'debit', '04', 5.50), ('F2', 'correction', '00', 3.00), ('F4', 'debit', '00', 7.00);
create table raw.ledger_totals (
    file_id varchar, file_name varchar, file_kind varchar, export_table varchar, records bigint, seconds bigint, amount decimal(38, 2)
);
insert into raw.ledger_totals values
('F0', 'SW1_20260227_000001.csv', 'cdr', null, 1, 60, null),
('F1', 'SW1_20260301_000002.csv', 'cdr', null, 91, 600, null),
('F5', 'SW1_20260301_000003.csv', 'cdr', null, 1, null, null),
('F6', 'SW1_20260302_000004.csv', 'cdr', null, 0, 0, null),
('F2', 'BK1_20260310_B1.txt', 'bank', null, 3, null, 25.50),
('F4', 'BK1_20260311_B2.txt', 'bank', null, 1, null, 7.00),
('F7', 'customers_20260331.csv', 'customers', 'customers', 2, null, null),
('F8', 'payments_20260331.csv', 'customers', 'payments', 1, null, null),
('F9', 'complaints_20260331.csv', 'customers', 'complaints', 1, null, null);
create table raw.crm_customers as select unnest(['C1', 'C2']) as customer_id;
create table raw.crm_payments as select 'P1' as payment_id;
create table raw.crm_complaints as select 'K1' as complaint_id;
create table raw.crm_accounts (account_id varchar);
create table raw.crm_service_numbers (service_number varchar);
create table raw.crm_subscriptions (subscription_id varchar);
create table raw.crm_account_merges (merge_id varchar);
create table raw.crm_number_orders (order_id varchar);
create table raw.crm_account_adjustments (adjustment_id varchar);
create table raw.crm_outlet_terminals (terminal_id varchar);
create table raw.crm_trainings (training_id varchar);
create table raw.crm_training_exams (training_id varchar);

-- Two complaints, the second not placed; two terminals, one of an outlet that the book does not have.
create table intermediate.int_complaints_known as
select 'K1' as complaint_id, timestamp '2026-03-01 09:00:00' as opened_at
union all select 'K2', null
union all select 'K3', timestamp '2099-01-01 00:00:00';
create table marts.complaint_handling as
select '2026-03' as opened_month, 1 as opened, 1 as closed, 0 as still_open
union all select 'unassigned', 1, 0, 1;
create table marts.outlet_terminals as select unnest(['T1', 'T2']) as terminal_id;
create table marts.terminal_coverage as
select 'O1' as outlet_id, 1 as outlets, 1 as terminals
union all select 'unassigned', 0, 1;

-- The revenue balance. Of F1's 600 s 245 are rated, 100 not charged, 95 undocumented, 60 of another day, 50 unrated, 40 partial, 10 duplicate.
-- Its rated calls cost 0.545 before packages covered 0.10 + 0.10 + 0.006. A1's 0.335 rounds to 0.34, A2's 0.004 to nothing: 0.001 more.
create table marts.revenue_balance_daily (
    file_date date, step varchar, item varchar, records bigint, seconds bigint, amount decimal(18, 6), estimated_amount decimal(18, 6)
);
insert into marts.revenue_balance_daily values
('2026-02-27', 'read', 'read', 1, 60, null, null),
('2026-02-27', 'state', 'rated', 1, 60, 0.50, null),
('2026-02-27', 'charge', 'list_price', 1, 60, 0.50, null),
('2026-03-01', 'read', 'read', 100, 600, null, null),
('2026-03-01', 'state', 'malformed', 1, 0, null, null),
('2026-03-01', 'state', 'ignored', 8, 0, null, null),
('2026-03-01', 'state', 'duplicate', 1, 10, null, null),
('2026-03-01', 'state', 'other_day', 1, 60, null, null),
('2026-03-01', 'state', 'partial', 2, 40, null, null),
('2026-03-01', 'state', 'not_answered', 80, 0, null, null),
('2026-03-01', 'state', 'not_charged', 1, 100, null, null),
('2026-03-01', 'state', 'undocumented', 1, 95, null, 0.20),
('2026-03-01', 'state', 'unrated', 1, 50, null, null),
('2026-03-01', 'state', 'rated', 4, 245, 0.339, null),
('2026-03-01', 'charge', 'list_price', 4, 245, 0.545, null),
('2026-03-01', 'charge', 'packages', 0, 0, -0.206, null);
create table marts.revenue_balance_monthly as
select
    strftime(file_date, '%Y-%m') as billing_period, step, item, case when step = 'charge' then 'U1' else 'unassigned' end as business_unit_id,
    'none' as age_bucket, records, seconds, amount, estimated_amount
from marts.revenue_balance_daily;
insert into marts.revenue_balance_monthly values
('2026-02', 'line', 'usage', 'U1', 'none', 1, null, 0.50, null),
('2026-02', 'bill', 'issued', 'U1', 'none', 1, null, 0.50, null),
('2026-02', 'settlement', 'applied', 'U1', 'none', 1, null, 0.50, null),
('2026-03', 'rounding', 'cents', 'U1', 'none', 0, null, 0.001, null),
('2026-03', 'line', 'usage', 'U1', 'none', 1, null, 0.34, null),
('2026-03', 'line', 'recurring', 'U1', 'none', 1, null, 18.00, null),
('2026-03', 'line', 'adjustment', 'U1', 'none', 1, null, 0.06, null),
('2026-03', 'line', 'manual_adjustment', 'U1', 'none', 1, null, 0.04, null),
('2026-03', 'line', 'late_fee', 'U1', 'none', 1, null, 0.02, null),
('2026-03', 'bill', 'issued', 'U1', 'none', 1, null, 18.46, null),
('2026-03', 'settlement', 'applied', 'U1', 'none', 1, null, 18.34, null),
('2026-03', 'settlement', 'returned', 'U1', 'none', 1, null, -2.00, null),
('2026-03', 'settlement', 'written_off', 'U1', 'none', 2, null, 1.00, null),
('2026-03', 'open', 'unpaid', 'U1', '1-30', 1, null, 1.12, null),
('2026-03', 'cash', 'counter', 'U1', 'none', 1, null, 0.50, null),
('2026-04', 'cash', 'counter', 'U1', 'none', 1, null, 20.00, null),
('2026-04', 'cash', 'taken_back', 'U1', 'none', 2, null, -3.66, null);
