-- One row per failing field of a record of the newest exports: the entry standard of SPEC 11, in plain words, with the
-- outlet and unit that can mend it where they are known. Lines that could not be read at all are among them.
with customers as (
    select * from {{ ref('stg_crm__customers') }}
),
accounts as (
    select
        accounts.*,
        customers.customer_id is not null as has_customer,
        customers.business_unit_id,
        customers.outlet_id
    from {{ ref('stg_crm__accounts') }} as accounts
    left join customers on accounts.customer_id = customers.customer_id
)
select
    'customers' as export_table, customer_id as record_id, 'name' as field, 'the customer has no name' as rule_text,
    business_unit_id, outlet_id, opened_on as first_seen_on
from customers
where coalesce(trim(name), '') = ''
union all
select
    'customers' as export_table, customer_id as record_id, 'customer_class' as field,
    'class ' || coalesce(customer_class, '(none)') || ' is not known to the reference book' as rule_text,
    business_unit_id, outlet_id, opened_on as first_seen_on
from customers
where customer_class is null or customer_class not in (select plans.customer_class from {{ ref('class_plans') }} as plans)
union all
select
    'customers' as export_table, customer_id as record_id, 'business_unit_id' as field,
    'business unit ' || coalesce(business_unit_id, '(none)') || ' is not known to the reference book' as rule_text,
    cast(null as varchar) as business_unit_id, outlet_id, opened_on as first_seen_on
from customers
where business_unit_id is null or business_unit_id not in (select units.business_unit_id from {{ ref('business_units') }} as units)
union all
select
    'customers' as export_table, customer_id as record_id, 'outlet_id' as field,
    'outlet ' || coalesce(outlet_id, '(none)') || ' is not known to the reference book' as rule_text,
    business_unit_id, cast(null as varchar) as outlet_id, opened_on as first_seen_on
from customers
where outlet_id is null or outlet_id not in (select outlets.outlet_id from {{ ref('outlets') }} as outlets)
union all
select
    'customers' as export_table, customer_id as record_id, 'closed_on' as field,
    'opened on ' || cast(opened_on as varchar) || ', after it was closed on ' || cast(closed_on as varchar) as rule_text,
    business_unit_id, outlet_id, opened_on as first_seen_on
from customers
where opened_on > closed_on
union all
select
    'accounts' as export_table, account_id as record_id, 'closed_on' as field,
    'opened on ' || cast(opened_on as varchar) || ', after it was closed on ' || cast(closed_on as varchar) as rule_text,
    business_unit_id, outlet_id, opened_on as first_seen_on
from accounts
where opened_on > closed_on
union all
select
    'accounts' as export_table, account_id as record_id, 'bank_account' as field,
    'the account pays by direct debit but has no bank code or no bank account' as rule_text,
    business_unit_id, outlet_id, opened_on as first_seen_on
from accounts
where payment_method = 'debit' and (coalesce(bank_code, '') = '' or coalesce(bank_account, '') = '')
union all
select
    'accounts' as export_table, account_id as record_id, 'customer_id' as field,
    'customer ' || coalesce(customer_id, '(none)') || ' of the account is not in the customers export' as rule_text,
    business_unit_id, outlet_id, opened_on as first_seen_on
from accounts
where not has_customer
union all
select
    'service_numbers' as export_table, numbers.service_number as record_id, 'service_number' as field,
    'number ' || numbers.service_number || ' lies in no range of the numbering plan' as rule_text,
    min(accounts.business_unit_id) as business_unit_id, min(accounts.outlet_id) as outlet_id,
    min(cast(numbers.valid_from as date)) as first_seen_on
from {{ ref('stg_crm__service_numbers') }} as numbers
inner join {{ ref('int_numbers_in_ranges') }} as ranges
    on numbers.service_number = ranges.service_number and ranges.range_start is null
left join accounts on numbers.account_id = accounts.account_id
group by numbers.service_number
union all
select
    files.export_table, files.file_name || ' line ' || cast(rows.line_number as varchar) as record_id, rows.field,
    rows.reason as rule_text,
    cast(null as varchar) as business_unit_id, cast(null as varchar) as outlet_id, files.file_date as first_seen_on
from {{ source('raw', 'set_aside_rows') }} as rows
inner join {{ ref('stg_ledger__files') }} as files on rows.file_id = files.file_id
inner join {{ source('raw', 'crm_snapshots') }} as snapshots on rows.file_id = snapshots.file_id and snapshots.is_newest
