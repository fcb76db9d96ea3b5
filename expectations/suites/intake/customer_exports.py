"""Gates on the customer-system exports: columns, keys, and the entry standard for customer records.

One suite per export over its staging view. Nothing blocks here: a wrong customer record is corrected at its outlet.
"""

from __future__ import annotations

from expectations.gates import (
    Gate,
    Suite,
    columns_present,
    key_once,
    no_rows,
    not_null,
    row_count_at_least,
    value_known,
    values_in_set,
)
from expectations.suites.intake.registered_files import file_status_gates

SCHEMA = "staging.stg_crm__"

COLUMNS = {
    "customers": (
        "customer_id", "name", "customer_class", "is_key_account", "business_unit_id", "outlet_id", "agent_id",
        "opened_on", "closed_on",
    ),
    "accounts": (
        "account_id", "customer_id", "payment_method", "bank_code", "bank_account", "opened_on", "closed_on",
    ),
    "service_numbers": ("service_number", "account_id", "exchange_id", "tariff_plan_id", "valid_from", "valid_to"),
    "subscriptions": (
        "subscription_id", "account_id", "service_number", "product_id", "promotion_id", "valid_from", "valid_to",
    ),
    "payments": ("payment_id", "account_id", "paid_at", "amount", "channel", "outlet_id"),
    "account_merges": ("merge_id", "from_account_id", "into_account_id", "merged_at", "outlet_id"),
    "number_orders": ("order_id", "service_number", "outlet_id", "ordered_at", "status"),
    "complaints": (
        "complaint_id", "account_id", "outlet_id", "opened_at", "closed_at", "kind", "was_billing_error",
    ),
    "account_adjustments": (
        "adjustment_id", "account_id", "kind", "amount", "dated_on", "reason", "prepared_by", "approved_by",
    ),
    "outlet_terminals": (
        "terminal_id", "outlet_id", "access_kind", "has_backup_line", "installed_on", "last_inspected_on", "fault_since",
    ),
    "trainings": (
        "training_id", "held_on", "title_zh", "title_en", "business_unit_id", "outlet_id", "invited", "attended",
    ),
    "training_exams": ("training_id", "person_id", "has_passed"),
}  # fmt: skip


def customer_exports() -> tuple[Suite, ...]:
    """The suites `crm_<table>`, one for each export."""
    return (
        _suite("customers", *_customers()),
        _suite("accounts", *_accounts()),
        _suite("service_numbers", *_service_numbers()),
        _suite("subscriptions", *_subscriptions()),
        _suite("payments", *_payments()),
        _suite("account_merges", *_account_merges()),
        _suite("number_orders", *_number_orders()),
        _suite("complaints", *_complaints()),
        _suite("account_adjustments", *_account_adjustments()),
        _suite("outlet_terminals", *_key("outlet_terminals", "terminal_id"), _outlet_known("outlet_terminals")),
        _suite("trainings", *_trainings()),
        _suite("training_exams", *_training_exams()),
    )


def _suite(table: str, *gates: Gate) -> Suite:
    present = columns_present(
        "columns_present",
        f"The {table} export has all its columns.",
        COLUMNS[table],
        severity="error",
    )
    readable = no_rows(
        "every_row_is_readable",
        f"Every line of the {table} export has a key that appears once and values of the right type; other lines are set aside as text.",
        "select record_id, field, rule_en, file_name from {batch}"
        f" where export_table = '{table}' and rule_id = 'every_row_is_readable'",
        severity="warn",
        table="marts.customer_records_incomplete",
    )
    return Suite(f"crm_{table}", "intake", f"{SCHEMA}{table}", (present, readable, *gates))


def _filled(table: str, *columns: str) -> tuple[Gate, ...]:
    return tuple(
        not_null(f"{column}_filled", f"Every row of {table} has its {column}.", column, severity="error")
        for column in columns
    )


def _key(table: str, column: str) -> tuple[Gate, ...]:
    once = key_once(f"{column}_once", f"No {column} appears twice in {table}.", (column,), severity="error")
    return (*_filled(table, column), once)


def _account_known(table: str, column: str = "account_id") -> Gate:
    return value_known(
        f"{column}_known",
        f"Every {column} in {table} is an account in an accounts export.",
        column,
        "intermediate.int_accounts_known",
        "account_id",
        severity="warn",
    )


def _outlet_known(table: str) -> Gate:
    return value_known(
        "outlet_known",
        f"Every outlet in {table} is in the reference book.",
        "outlet_id",
        "reference.outlets",
        severity="warn",
    )


def _in_order(name: str, description: str, start: str, end: str) -> Gate:
    return no_rows(name, description, f"select * from {{batch}} where {end} < {start}", severity="warn")


def _customers() -> tuple[Gate, ...]:
    return (
        *file_status_gates("customers", "customer-system export"),
        row_count_at_least("customers_exist", "The export holds at least one customer.", 1, severity="error"),
        *_key("customers", "customer_id"),
        no_rows(
            "name_filled",
            "Every customer has a name.",
            "select customer_id, outlet_id from {batch} where name is null or trim(name) = ''",
            severity="warn",
        ),
        no_rows(
            "class_known",
            "Every customer has a class for which the reference book has a tariff plan.",
            "select customer_id, customer_class, outlet_id from {batch} where customer_class is null"
            " or customer_class not in (select customer_class from reference.class_plans)",
            severity="warn",
        ),
        no_rows(
            "business_unit_known",
            "Every customer belongs to a business unit of the reference book.",
            "select customer_id, business_unit_id, outlet_id from {batch} where business_unit_id is null"
            " or business_unit_id not in (select business_unit_id from reference.business_units)",
            severity="warn",
        ),
        no_rows(
            "outlet_known",
            "Every customer belongs to an outlet of the reference book.",
            "select customer_id, outlet_id from {batch} where outlet_id is null"
            " or outlet_id not in (select outlet_id from reference.outlets)",
            severity="warn",
        ),
        value_known(
            "agent_known",
            "A customer's agent, where there is one, is in the reference book.",
            "agent_id",
            "reference.agents",
            severity="warn",
        ),
        no_rows(
            "opened_before_closed",
            "Every customer has an opening date, and no customer closed before it.",
            "select customer_id, opened_on, closed_on, outlet_id from {batch}"
            " where opened_on is null or closed_on < opened_on",
            severity="warn",
        ),
    )


def _accounts() -> tuple[Gate, ...]:
    return (
        row_count_at_least("accounts_exist", "The export holds at least one account.", 1, severity="error"),
        *_key("accounts", "account_id"),
        no_rows(
            "customer_known",
            "Every account has a customer that is in a customers export.",
            "select account_id, customer_id from {batch} where customer_id is null"
            " or customer_id not in (select customer_id from intermediate.int_customers_known)",
            severity="warn",
        ),
        *_filled("accounts", "payment_method"),
        values_in_set(
            "payment_method_known",
            "An account pays at the counter or by direct debit.",
            "payment_method",
            ("counter", "debit"),
            severity="error",
        ),
        no_rows(
            "debit_account_has_bank",
            "Every direct debit account has its bank and bank account.",
            "select account_id, customer_id, bank_code, bank_account from {batch} where payment_method = 'debit'"
            " and (coalesce(bank_code, '') = '' or coalesce(bank_account, '') = '')",
            severity="warn",
        ),
        no_rows(
            "bank_account_in_form",
            "Every bank account has 6 to 34 letters and digits; any other is never sent to a bank.",
            "select account_id, customer_id, bank_account from {batch} where bank_account <> ''"
            " and not regexp_full_match(bank_account, '[0-9A-Za-z]{{6,34}}')",
            severity="warn",
        ),
        _in_order("opened_before_closed", "No account closed before it was opened.", "opened_on", "closed_on"),
    )


def _service_numbers() -> tuple[Gate, ...]:
    return (
        row_count_at_least(
            "service_numbers_exist", "The export holds at least one service number.", 1, severity="error"
        ),
        *_filled("service_numbers", "service_number", "account_id", "valid_from"),
        key_once(
            "interval_once",
            "No account takes over a number twice at the same time.",
            ("service_number", "account_id", "valid_from"),
            severity="error",
        ),
        _account_known("service_numbers"),
        value_known(
            "exchange_known",
            "Every number's exchange is in the reference book.",
            "exchange_id",
            "reference.exchanges",
            severity="warn",
        ),
        value_known(
            "tariff_plan_known",
            "A number's own tariff plan, where it has one, is in the reference book.",
            "tariff_plan_id",
            "reference.tariff_plans",
            severity="warn",
        ),
        no_rows(
            "number_in_a_range",
            "Every service number is in a number range of the reference book.",
            "with b as (select * from {batch}) select b.service_number, b.account_id, b.valid_from from b"
            " where b.service_number is not null and not exists (select 1 from intermediate.int_number_ranges as r"
            " where r.number_length = length(b.service_number)"
            " and b.service_number between r.range_start and r.range_end)",
            severity="warn",
        ),
        _in_order("interval_in_order", "No number's use ends before it begins.", "valid_from", "valid_to"),
    )


def _subscriptions() -> tuple[Gate, ...]:
    return (
        row_count_at_least("subscriptions_exist", "The export holds at least one subscription.", 1, severity="warn"),
        *_key("subscriptions", "subscription_id"),
        *_filled("subscriptions", "account_id", "product_id", "valid_from"),
        _account_known("subscriptions"),
        value_known(
            "product_known",
            "Every subscription's product is in the reference book.",
            "product_id",
            "reference.products",
            severity="error",
        ),
        value_known(
            "promotion_known",
            "A subscription's promotion, where it has one, is in the reference book.",
            "promotion_id",
            "reference.promotions",
            severity="error",
        ),
        _in_order("interval_in_order", "No subscription ends before it begins.", "valid_from", "valid_to"),
    )


def _payments() -> tuple[Gate, ...]:
    return (
        row_count_at_least("payments_exist", "The export holds at least one payment.", 1, severity="warn"),
        *_key("payments", "payment_id"),
        *_filled("payments", "account_id", "paid_at", "amount"),
        values_in_set(
            "channel_known",
            "A payment comes in at the counter, by debit or by another known channel.",
            "channel",
            ("counter", "debit", "other"),
            severity="error",
        ),
        _account_known("payments"),
        _outlet_known("payments"),
    )


def _account_merges() -> tuple[Gate, ...]:
    return (
        *_key("account_merges", "merge_id"),
        *_filled("account_merges", "from_account_id", "into_account_id", "merged_at"),
        no_rows(
            "merged_into_another",
            "No account is merged into itself.",
            "select * from {batch} where from_account_id = into_account_id",
            severity="error",
        ),
        _account_known("account_merges", "from_account_id"),
        _account_known("account_merges", "into_account_id"),
        _outlet_known("account_merges"),
    )


def _number_orders() -> tuple[Gate, ...]:
    return (
        *_key("number_orders", "order_id"),
        *_filled("number_orders", "service_number", "ordered_at", "status"),
        values_in_set(
            "status_known",
            "A number order is open, done or cancelled.",
            "status",
            ("open", "done", "cancelled"),
            severity="error",
        ),
        _outlet_known("number_orders"),
    )


def _complaints() -> tuple[Gate, ...]:
    return (
        *_key("complaints", "complaint_id"),
        *_filled("complaints", "opened_at", "was_billing_error"),
        _account_known("complaints"),
        _outlet_known("complaints"),
        _in_order("opened_before_closed", "No complaint is closed before it is opened.", "opened_at", "closed_at"),
    )


def _account_adjustments() -> tuple[Gate, ...]:
    return (*_key("account_adjustments", "adjustment_id"), _account_known("account_adjustments"))


def _trainings() -> tuple[Gate, ...]:
    return (
        *_key("trainings", "training_id"),
        value_known(
            "business_unit_known",
            "The unit of a training, where it has one, is in the reference book.",
            "business_unit_id",
            "reference.business_units",
            severity="warn",
        ),
        _outlet_known("trainings"),
        no_rows(
            "attended_of_the_invited",
            "Not more people came to a training than were invited.",
            "select training_id, invited, attended, outlet_id from {batch}"
            " where attended not between 0 and coalesce(invited, attended)",
            severity="warn",
        ),
    )


def _training_exams() -> tuple[Gate, ...]:
    """No gate shows a row of them: they name persons."""
    return (
        no_rows(
            "training_known",
            "Every exam is of a training in the trainings export.",
            "select training_id from {batch} where training_id not in (select training_id from staging.stg_crm__trainings)",
            severity="warn",
        ),
    )
