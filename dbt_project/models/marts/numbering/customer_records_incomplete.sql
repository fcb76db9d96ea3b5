-- One row per record of the newest exports and rule of the entry standard that it breaks: the field, the rule in plain
-- words, and the outlet and unit that can correct it, where they are known. Lines that could not be read at all are
-- included. An account or customer in an older export counts as known. A rule has the name of its gate in the suite
-- crm_<export_table>; the gate finds the same rows.
with class_plans as (select * from {{ ref('class_plans') }}),
agents as (select * from {{ ref('agents') }}),
exchanges as (select * from {{ ref('exchanges') }}),
tariff_plans as (select * from {{ ref('tariff_plans') }}),
products as (select * from {{ ref('products') }}),
promotions as (select * from {{ ref('promotions') }}),
units as (select * from {{ ref('business_units') }}),
outlets as (select * from {{ ref('outlets') }}),
numbers_in_ranges as (select * from {{ ref('int_numbers_in_ranges') }}),
exports as (select * from {{ ref('int_newest_exports') }}),
set_aside_rows as (select * from {{ source('raw', 'set_aside_rows') }}),
known_customers as (
    select
        records.customer_id,
        outlets.outlet_id as mending_outlet_id,
        coalesce(units.business_unit_id, outlets.business_unit_id) as mending_unit_id
    from {{ ref('int_customers_known') }} as records
    left join units on records.business_unit_id = units.business_unit_id
    left join outlets on records.outlet_id = outlets.outlet_id
),
known_accounts as (
    select
        records.account_id,
        known_customers.mending_outlet_id,
        known_customers.mending_unit_id
    from {{ ref('int_accounts_known') }} as records
    left join known_customers on records.customer_id = known_customers.customer_id
),
customers as (
    select
        records.*,
        records.customer_id as record_id,
        units.business_unit_id as known_unit_id,
        outlets.outlet_id as known_outlet_id,
        outlets.outlet_id as mending_outlet_id,
        coalesce(units.business_unit_id, outlets.business_unit_id) as mending_unit_id,
        records.opened_on as first_seen_on
    from {{ ref('stg_crm__customers') }} as records
    left join units on records.business_unit_id = units.business_unit_id
    left join outlets on records.outlet_id = outlets.outlet_id
),
accounts as (
    select
        records.*,
        records.account_id as record_id,
        known_customers.customer_id as known_customer_id,
        known_customers.mending_outlet_id,
        known_customers.mending_unit_id,
        records.opened_on as first_seen_on
    from {{ ref('stg_crm__accounts') }} as records
    left join known_customers on records.customer_id = known_customers.customer_id
),
{% for table, key, account, seen in [
    ('service_numbers', 'service_number', 'account_id', 'valid_from'), ('subscriptions', 'subscription_id', 'account_id', 'valid_from'),
    ('account_adjustments', 'adjustment_id', 'account_id', 'dated_on')
] -%}
{{ table }} as (
    select
        records.*,
        records.{{ key }} as record_id,
        known_accounts.account_id as known_account_id,
        known_accounts.mending_outlet_id,
        known_accounts.mending_unit_id,
        cast(records.{{ seen }} as date) as first_seen_on
    from {{ ref('stg_crm__' ~ table) }} as records
    left join known_accounts on records.{{ account }} = known_accounts.account_id
),
{% endfor -%}
{% for table, key, account, seen in [
    ('payments', 'payment_id', 'account_id', 'paid_at'), ('account_merges', 'merge_id', 'from_account_id', 'merged_at'),
    ('complaints', 'complaint_id', 'account_id', 'opened_at')
] -%}
{{ table }} as (
    select
        records.*,
        records.{{ key }} as record_id,
        known_accounts.account_id as known_account_id,
        outlets.outlet_id as known_outlet_id,
        coalesce(outlets.outlet_id, known_accounts.mending_outlet_id) as mending_outlet_id,
        coalesce(outlets.business_unit_id, known_accounts.mending_unit_id) as mending_unit_id,
        cast(records.{{ seen }} as date) as first_seen_on
    from {{ ref('stg_crm__' ~ table) }} as records
    left join known_accounts on records.{{ account }} = known_accounts.account_id
    left join outlets on records.outlet_id = outlets.outlet_id
),
{% endfor -%}
number_orders as (
    select
        records.*,
        records.order_id as record_id,
        outlets.outlet_id as known_outlet_id,
        outlets.outlet_id as mending_outlet_id,
        outlets.business_unit_id as mending_unit_id,
        cast(records.ordered_at as date) as first_seen_on
    from {{ ref('stg_crm__number_orders') }} as records
    left join outlets on records.outlet_id = outlets.outlet_id
),
outlet_terminals as (
    select
        records.*,
        records.terminal_id as record_id,
        outlets.outlet_id as known_outlet_id,
        outlets.outlet_id as mending_outlet_id,
        outlets.business_unit_id as mending_unit_id,
        records.installed_on as first_seen_on
    from {{ ref('stg_crm__outlet_terminals') }} as records
    left join outlets on records.outlet_id = outlets.outlet_id
),
trainings as (
    select
        records.*,
        records.training_id as record_id,
        units.business_unit_id as known_unit_id,
        outlets.outlet_id as known_outlet_id,
        outlets.outlet_id as mending_outlet_id,
        coalesce(units.business_unit_id, outlets.business_unit_id) as mending_unit_id,
        records.held_on as first_seen_on
    from {{ ref('stg_crm__trainings') }} as records
    left join units on records.business_unit_id = units.business_unit_id
    left join outlets on records.outlet_id = outlets.outlet_id
),
-- A record is a training: who sat the exam is not named.
training_exams as (
    select
        records.training_id as record_id,
        trainings.training_id as known_training_id,
        cast(null as varchar) as mending_outlet_id,
        cast(null as varchar) as mending_unit_id,
        cast(null as date) as first_seen_on
    from {{ ref('stg_crm__training_exams') }} as records
    left join trainings on records.training_id = trainings.training_id
),
failing as (
    -- Export, rule, field that fails, the value that the rule's text shows, and the condition under which a record fails.
    {% for table, rule, field, detail, fails in [
        ('customers', 'name_filled', "'name'", "null", "coalesce(trim(name), '') = ''"),
        ('customers', 'class_known', "'customer_class'", "customer_class",
            "customer_class is null or customer_class not in (select class_plans.customer_class from class_plans)"),
        ('customers', 'business_unit_known', "'business_unit_id'", "business_unit_id", "known_unit_id is null"),
        ('customers', 'outlet_known', "'outlet_id'", "outlet_id", "known_outlet_id is null"),
        ('customers', 'agent_known', "'agent_id'", "agent_id", "agent_id is not null and agent_id not in (select agents.agent_id from agents)"),
        ('customers', 'opened_before_closed', "case when opened_on is null then 'opened_on' else 'closed_on' end",
            "cast(opened_on as varchar) || ' – ' || cast(closed_on as varchar)", "opened_on is null or closed_on < opened_on"),
        ('accounts', 'customer_known', "'customer_id'", "customer_id", "known_customer_id is null"),
        ('accounts', 'payment_method_filled', "'payment_method'", "null", "payment_method is null"),
        ('accounts', 'payment_method_known', "'payment_method'", "payment_method", "payment_method not in ('counter', 'debit')"),
        ('accounts', 'debit_account_has_bank', "case when coalesce(bank_code, '') = '' then 'bank_code' else 'bank_account' end",
            "case when coalesce(bank_code, '') = '' then 'bank_code' else 'bank_account' end",
            "payment_method = 'debit' and (coalesce(bank_code, '') = '' or coalesce(bank_account, '') = '')"),
        ('accounts', 'bank_account_in_form', "'bank_account'", "bank_account",
            "bank_account <> '' and not " ~ is_bank_account('bank_account')),
        ('accounts', 'opened_before_closed', "'closed_on'", "cast(opened_on as varchar) || ' – ' || cast(closed_on as varchar)",
            "closed_on < opened_on"),
        ('service_numbers', 'account_id_known', "'account_id'", "account_id", "known_account_id is null"),
        ('service_numbers', 'exchange_known', "'exchange_id'", "exchange_id",
            "exchange_id is not null and exchange_id not in (select exchanges.exchange_id from exchanges)"),
        ('service_numbers', 'tariff_plan_known', "'tariff_plan_id'", "tariff_plan_id",
            "tariff_plan_id is not null and tariff_plan_id not in (select tariff_plans.tariff_plan_id from tariff_plans)"),
        ('service_numbers', 'number_in_a_range', "'service_number'", "service_number",
            "service_number in (select placed.service_number from numbers_in_ranges as placed where placed.range_start is null)"),
        ('service_numbers', 'interval_in_order', "'valid_to'", "cast(valid_from as varchar) || ' – ' || cast(valid_to as varchar)",
            "valid_to < valid_from"),
        ('subscriptions', 'account_id_filled', "'account_id'", "null", "account_id is null"),
        ('subscriptions', 'product_id_filled', "'product_id'", "null", "product_id is null"),
        ('subscriptions', 'account_id_known', "'account_id'", "account_id", "account_id is not null and known_account_id is null"),
        ('subscriptions', 'product_known', "'product_id'", "product_id", "product_id is not null and product_id not in (select products.product_id from products)"),
        ('subscriptions', 'promotion_known', "'promotion_id'", "promotion_id",
            "promotion_id is not null and promotion_id not in (select promotions.promotion_id from promotions)"),
        ('subscriptions', 'interval_in_order', "'valid_to'", "cast(valid_from as varchar) || ' – ' || cast(valid_to as varchar)",
            "valid_to < valid_from"),
        ('payments', 'account_id_filled', "'account_id'", "null", "account_id is null"),
        ('payments', 'channel_known', "'channel'", "channel", "channel not in ('counter', 'debit', 'other')"),
        ('payments', 'account_id_known', "'account_id'", "account_id", "account_id is not null and known_account_id is null"),
        ('payments', 'outlet_known', "'outlet_id'", "outlet_id", "outlet_id is not null and known_outlet_id is null"),
        ('account_merges', 'merged_into_another', "'into_account_id'", "into_account_id", "from_account_id = into_account_id"),
        ('account_merges', 'from_account_id_known', "'from_account_id'", "from_account_id", "known_account_id is null"),
        ('account_merges', 'into_account_id_known', "'into_account_id'", "into_account_id",
            "into_account_id not in (select known_accounts.account_id from known_accounts)"),
        ('account_merges', 'outlet_known', "'outlet_id'", "outlet_id", "outlet_id is not null and known_outlet_id is null"),
        ('number_orders', 'service_number_filled', "'service_number'", "null", "service_number is null"),
        ('number_orders', 'ordered_at_filled', "'ordered_at'", "null", "ordered_at is null"),
        ('number_orders', 'status_filled', "'status'", "null", "status is null"),
        ('number_orders', 'status_known', "'status'", "status", "status not in ('open', 'done', 'cancelled')"),
        ('number_orders', 'outlet_known', "'outlet_id'", "outlet_id", "outlet_id is not null and known_outlet_id is null"),
        ('complaints', 'opened_at_filled', "'opened_at'", "null", "opened_at is null"),
        ('complaints', 'was_billing_error_filled', "'was_billing_error'", "null", "was_billing_error is null"),
        ('complaints', 'account_id_known', "'account_id'", "account_id", "account_id is not null and known_account_id is null"),
        ('complaints', 'outlet_known', "'outlet_id'", "outlet_id", "outlet_id is not null and known_outlet_id is null"),
        ('complaints', 'opened_before_closed', "'closed_at'", "cast(opened_at as varchar) || ' – ' || cast(closed_at as varchar)",
            "closed_at < opened_at"),
        ('account_adjustments', 'account_id_known', "'account_id'", "account_id", "known_account_id is null"),
        ('outlet_terminals', 'outlet_known', "'outlet_id'", "outlet_id", "known_outlet_id is null"),
        ('trainings', 'business_unit_known', "'business_unit_id'", "business_unit_id",
            "business_unit_id is not null and known_unit_id is null"),
        ('trainings', 'outlet_known', "'outlet_id'", "outlet_id", "outlet_id is not null and known_outlet_id is null"),
        ('trainings', 'attended_of_the_invited', "'attended'", "cast(attended as varchar) || ' / ' || cast(invited as varchar)",
            "attended not between 0 and coalesce(invited, attended)"),
        ('training_exams', 'training_known', "'training_id'", "record_id", "known_training_id is null")
    ] -%}
    select
        '{{ table }}' as export_table, '{{ rule }}' as rule_id, record_id, {{ field }} as field, cast({{ detail }} as varchar) as detail,
        mending_outlet_id, mending_unit_id, first_seen_on
    from {{ table }}
    where {{ fails }}
    union all
    {% endfor -%}
    select
        exports.export_table, 'every_row_is_readable' as rule_id,
        exports.file_name || ' line ' || cast(set_aside_rows.line_number as varchar) as record_id, set_aside_rows.field,
        set_aside_rows.reason as detail, cast(null as varchar) as mending_outlet_id, cast(null as varchar) as mending_unit_id,
        exports.file_date as first_seen_on
    from set_aside_rows
    inner join exports on set_aside_rows.file_id = exports.file_id
),
rules as (
    select *
    from (
        values
        ('name_filled', 'the customer has no name', '客户没有名称'),
        ('class_known', 'class {} has no tariff plan in the reference book', '客户类别 {} 在参考资料中没有资费方案'),
        ('business_unit_known', 'business unit {} is not in the reference book', '经营部 {} 不在参考资料中'),
        ('outlet_known', 'outlet {} is not in the reference book', '营业网点 {} 不在参考资料中'),
        ('agent_known', 'agent {} is not in the reference book', '代理 {} 不在参考资料中'),
        ('opened_before_closed', 'it has no opening date, or was closed before it was opened: {}', '没有开始日期，或结束早于开始：{}'),
        ('customer_known', 'customer {} of the account is in no customers export', '账户的客户 {} 不在客户资料中'),
        ('payment_method_filled', 'the account has no payment method', '账户没有缴费方式'),
        ('payment_method_known', 'payment method {} is neither counter nor debit', '缴费方式 {} 既非柜台也非代扣'),
        ('debit_account_has_bank', 'the account pays by direct debit but has no {}', '账户为银行代扣，但缺少 {}'),
        ('bank_account_in_form', 'bank account {} is not valid: it has to be 6 to 34 letters and digits', '银行账号 {} 不是 6 至 34 位字母或数字'),
        ('account_id_known', 'account {} is in no accounts export', '账户 {} 不在账户资料中'),
        ('from_account_id_known', 'account {} is in no accounts export', '账户 {} 不在账户资料中'),
        ('into_account_id_known', 'account {} is in no accounts export', '账户 {} 不在账户资料中'),
        ('exchange_known', 'exchange {} is not in the reference book', '机房 {} 不在参考资料中'),
        ('tariff_plan_known', 'tariff plan {} is not in the reference book', '资费方案 {} 不在参考资料中'),
        ('number_in_a_range', 'number {} lies in no range of the numbering plan', '号码 {} 不在任何号段内'),
        ('interval_in_order', 'it ends before it begins: {}', '终止早于起始：{}'),
        ('account_id_filled', 'it names no account', '没有账户'),
        ('product_id_filled', 'it names no product', '没有产品'),
        ('product_known', 'product {} is not in the reference book', '产品 {} 不在参考资料中'),
        ('promotion_known', 'promotion {} is not in the reference book', '优惠 {} 不在参考资料中'),
        ('channel_known', 'channel {} is none of counter, debit and other', '缴费渠道 {} 不是柜台、代扣或其他'),
        ('merged_into_another', 'account {} is merged into itself', '账户 {} 并入自身'),
        ('service_number_filled', 'the order names no number', '受理没有号码'),
        ('ordered_at_filled', 'the order has no time', '受理没有时间'),
        ('status_filled', 'the order has no status', '受理没有状态'),
        ('status_known', 'status {} is none of open, done and cancelled', '受理状态 {} 不是未完成、已完成或已取消'),
        ('opened_at_filled', 'the complaint has no time', '投诉没有时间'),
        ('was_billing_error_filled', 'the complaint does not say whether it was a billing error', '投诉未注明是否计费差错'),
        ('attended_of_the_invited', 'more people attended than were invited, or fewer than none: {}', '参加人数多于应到人数，或小于零：{}'),
        ('training_known', 'training {} is not in the newest trainings export', '培训 {} 不在最新的培训资料中'),
        ('every_row_is_readable', 'the line cannot be read: the field {}', '该行无法读取：字段{}')
    ) as texts (rule_id, rule_en, rule_zh)
),
-- The beginnings of the reasons for which a line of an export is set aside (orchestration/ingestion/customers/exports.py).
reasons as (
    select *
    from (
        values
        ('is empty', '为空'), ('is not a valid date', '不是日期（年-月-日）'),
        ('is not a valid time', '不是时间（年-月-日 时:分:秒）'), ('is not a valid amount', '不是最多两位小数的金额'),
        ('is neither true', '既非 true 也非 false'), ('is not above 0', '不大于 0'),
        ('repeats the key', '与前面某行的主键重复'), ('has ', '数目与表头不符'), ('is not UTF-8', '不是 UTF-8 编码'),
        ('is not a valid line of CSV', '不是合法的 CSV 行'), ('is ambiguous', '日月次序不明，请写成年-月-日'),
        ('is a number in scientific notation', '是科学计数法，末尾数字已丢失'),
        -- Reasons as version 0.2.0 wrote them: a file that it decoded keeps them.
        ('is no date', '不是日期（年-月-日）'), ('is no time', '不是时间（年-月-日 时:分:秒）'),
        ('is no amount', '不是最多两位小数的金额'), ('is no line of CSV', '不是合法的 CSV 行')
    ) as texts (reason_begins, reason_zh)
)
select
    failing.export_table,
    failing.record_id,
    failing.rule_id,
    failing.field,
    replace(rules.rule_en, '{}', coalesce(failing.detail, '(none)')) as rule_en,
    replace(rules.rule_zh, '{}', coalesce(reasons.reason_zh, failing.detail, '（空）')) as rule_zh,
    -- A number can have intervals of several accounts: the first of their outlets is named.
    min(failing.mending_unit_id) as business_unit_id,
    min(failing.mending_outlet_id) as outlet_id,
    cast(count(*) as bigint) as failing_rows,
    min(failing.first_seen_on) as first_seen_on,
    exports.file_name,
    exports.file_date
from failing
left join rules on failing.rule_id = rules.rule_id
left join reasons
    on
        failing.rule_id = 'every_row_is_readable'
        and substring(failing.detail, 1, length(reasons.reason_begins)) = reasons.reason_begins
left join exports on failing.export_table = exports.export_table
group by
    failing.export_table, failing.record_id, failing.rule_id, failing.field, failing.detail, rules.rule_en, rules.rule_zh,
    reasons.reason_zh, exports.file_name, exports.file_date
