"""What a viewer may see of each mart: which rows, and which columns only masked. Applied once, where a view is opened.

Every published mart has a rule here; one without is not opened for a viewer with a scope (tests/dashboards/test_scope.py).
A row of a mart is seen where it belongs to any unit, outlet or agent of the scope: by its own columns, else by the account or
customer that it names, as that one's bills say. Marts of the branch as a whole are for viewers of the whole branch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orchestration.access.roles import Scope, Viewer


@dataclass(frozen=True)
class Belongs:
    """The columns that say to whom a row belongs; `account` and `customer` find it by the bills, of the period where it has one."""

    unit: str | None = None
    outlet: str | None = None
    agent: str | None = None
    account: str | None = None
    customer: str | None = None
    period: str | None = None


#: Everybody sees every row: names, prices, and when bills are issued.
_OPEN = frozenset({"bill_item_guide", "billing_periods", "dimension_names", "tariff_guide"})

#: Only for viewers of the whole branch.
_BRANCH = frozenset(
    {
        "debit_batches",
        "duplicate_calls",
        "expected_files",
        "file_reconciliation",
        "info_service_settlements",
        "revenue_assurance_kpis",
        "revenue_balance_daily",
        "sequence_gaps",
        "settlements",
        "suspense_retries",
        "traffic_by_customer_class",
        "traffic_by_exchange",
        "trunk_traffic_daily",
        "trunk_traffic_hourly",
        "trunk_traffic_monthly",
    }
)

_BY_COLUMNS: Mapping[str, Belongs] = {
    "account_adjustments": Belongs(unit="business_unit_id", outlet="outlet_id", account="account_id"),
    "arrears": Belongs(account="settling_account_id"),
    "bill_lines": Belongs(account="account_id", period="billing_period"),
    "bill_write_offs": Belongs(account="account_id", period="billing_period"),
    "bills": Belongs(unit="business_unit_id", outlet="outlet_id", agent="agent_id"),
    "call_anomalies": Belongs(unit="business_unit_id", outlet="outlet_id"),
    "commission_bases": Belongs(agent="agent_id"),
    "commission_forecast": Belongs(agent="agent_id"),
    "commission_lines": Belongs(agent="agent_id"),
    "commission_statements": Belongs(agent="agent_id"),
    "complaint_handling": Belongs(unit="business_unit_id", outlet="outlet_id"),
    "complaints": Belongs(unit="business_unit_id", outlet="outlet_id"),
    "customer_counts": Belongs(unit="business_unit_id"),
    "customer_records_incomplete": Belongs(unit="business_unit_id", outlet="outlet_id"),
    "debit_corrections": Belongs(outlet="outlet_id", account="account_id"),
    "debit_failures": Belongs(outlet="outlet_id", account="account_id"),
    "debit_requests": Belongs(account="account_id", period="billing_period"),
    "debit_result_mismatches": Belongs(account="account_id"),
    "dunning_list": Belongs(unit="business_unit_id", outlet="outlet_id", agent="agent_id"),
    "info_service_calls": Belongs(customer="customer_id", period="billing_period"),
    "late_fees": Belongs(account="account_id", period="unpaid_period"),
    "money_at_risk": Belongs(unit="business_unit_id"),
    "number_conflicts": Belongs(outlet="outlet_id"),
    "open_debit_bills": Belongs(account="bill_account_id", period="billing_period"),
    "outlet_terminals": Belongs(unit="business_unit_id", outlet="outlet_id"),
    "overlapping_calls": Belongs(unit="business_unit_id", outlet="outlet_id", account="account_id"),
    "package_use": Belongs(account="account_id", period="billing_period"),
    "payment_applications": Belongs(account="account_id", period="billing_period"),
    "period_reopenings": Belongs(account="account_id", period="billing_period"),
    "prepaid_balances": Belongs(unit="business_unit_id", outlet="outlet_id", agent="agent_id"),
    "problem_bulletin": Belongs(unit="business_unit_id", outlet="outlet_id"),
    "rated_calls": Belongs(unit="business_unit_id", outlet="outlet_id", agent="agent_id"),
    "rerating_adjustments": Belongs(unit="business_unit_id", account="account_id"),
    "rerating_changes": Belongs(unit="business_unit_id", account="account_id"),
    "revenue_balance_monthly": Belongs(unit="business_unit_id"),
    "settlement_restatements": Belongs(agent="agent_id"),
    "suspended_calls": Belongs(unit="business_unit_id", account="account_id"),
    "terminal_coverage": Belongs(unit="business_unit_id", outlet="outlet_id"),
    "trainings": Belongs(unit="business_unit_id", outlet="outlet_id"),
    "undocumented_numbers": Belongs(unit="business_unit_id", outlet="outlet_id"),
}

#: Their rows are of dimensions: a scope sees the rows of its own units, outlets and agents, and never the branch's.
_BY_DIMENSION = frozenset({"collection_curves", "collection_rates", "receivables_kpis", "roll_rates"})

#: A person's telephone numbers.
_NUMBERS = frozenset(
    {"called_number", "calling_number", "charged_number", "rated_number", "service_number", "package_number"}
)
_NAMES = frozenset({"customer_name"})
#: What is known of a bank account goes with the name.
_BANK_ACCOUNTS = frozenset({"bank_account", "requested_bank_account", "corrected_data"})
#: Texts that may hold a telephone number.
_TEXTS_WITH_NUMBERS = frozenset(
    {
        "accounts_nearby", "anomaly_id", "detail", "estimate_reason", "fault_note", "joining_note", "problem_id", "reason", "record_id",
        "status_reason", "subject",
    }
)  # fmt: skip
#: Records that a text quotes, from the first on: `line 2: why: its text; line 3: …`. The reason stays where it holds no value.
_QUOTED_RECORDS = "(^|; |: )(line [0-9]+: )([^:''\"]*: )?.*"
# Digits after a letter or an underscore are of an id or of a file's name, and no telephone number.
_NUMBER_IN_TEXT = "(^|[^0-9A-Za-z_])([0-9]{2})[0-9]{3,}([0-9]{2})"
#: Marts that hold single calls: who may not see calls gets neither their numbers nor their ids.
CALL_MARTS = frozenset(
    {"duplicate_calls", "overlapping_calls", "rated_calls", "suspended_calls", "suspense_retries", "call_anomalies"}
)
_CALL_IDS = frozenset({"call_id", "original_call_id", "overlapped_call_id", "call_ids", "exhausted_by_call_id"})


def marts_with_a_rule() -> frozenset[str]:
    """The marts that this page has a rule for."""
    return _OPEN | _BRANCH | frozenset(_BY_COLUMNS) | _BY_DIMENSION


def columns_of_members(dimension: str) -> tuple[tuple[str, str], ...]:
    """The marts that say by a column of their own to which unit, outlet or agent a row belongs, each with that column."""
    part = {"business_unit": "unit", "outlet": "outlet", "agent": "agent"}.get(dimension, "")
    found = ((mart, getattr(belongs, part, None)) for mart, belongs in sorted(_BY_COLUMNS.items()))
    return tuple((mart, column) for mart, column in found if column is not None)


def members_of(scope: Scope, dimension: str) -> frozenset[str]:
    """The members of a dimension that a scope names."""
    return {"business_unit": scope.units, "outlet": scope.outlets, "agent": scope.agents}.get(dimension, frozenset())


def rows_seen(mart: str, scope: Scope) -> str:
    """The condition (SQL) that a row of the mart fulfils where the scope may see it; a mart without a rule shows nothing.

    It reads the views `bills` and `bills_of_branch`, the latter with all rows of the mart.
    """
    if scope.is_whole_branch or mart in _OPEN:
        return "true"
    if mart in _BY_DIMENSION:
        return _any(
            f"(dimension = '{dimension}' and dimension_id in {_listed(ids)})"
            for dimension, ids in (("business_unit", scope.units), ("outlet", scope.outlets), ("agent", scope.agents))
            if ids
        )
    belongs = _BY_COLUMNS.get(mart)
    if belongs is None:
        return "false"
    return _any(
        _is_of(belongs, column, of_bill, ids)
        for column, of_bill, ids in (
            (belongs.unit, "business_unit_id", scope.units),
            (belongs.outlet, "outlet_id", scope.outlets),
            (belongs.agent, "agent_id", scope.agents),
        )
        if ids
    )


def masked_columns(mart: str, columns: Iterable[str], viewer: Viewer) -> dict[str, str]:
    """Per column that the viewer's role sees only masked: the expression (SQL) in its place, of the same type."""
    rights = viewer.rights
    masked: dict[str, str] = {}
    for column in columns:
        if column in _NUMBERS and not (rights.sees_numbers and (rights.sees_calls or mart not in CALL_MARTS)):
            masked[column] = _number_masked(column)
        elif column in _NAMES and not rights.sees_names:
            masked[column] = f"case when {column} is not null then substring({column}, 1, 1) || '**' end"
        elif column in _BANK_ACCOUNTS and not rights.sees_names:
            masked[column] = f"case when {column} is not null then '****' || right({column}, 4) end"
        elif column in _CALL_IDS and not rights.sees_calls:
            masked[column] = f"case when {column} is not null then '***' end"
        elif column in _TEXTS_WITH_NUMBERS:
            # A record that a text quotes is a call, or holds a bank account, or a name anywhere in it.
            without = f"regexp_replace({column}, '{_QUOTED_RECORDS}', '\\1\\2\\3***', 's')"
            if not (rights.sees_numbers and (rights.sees_calls or mart not in CALL_MARTS)):
                masked[column] = f"regexp_replace({without}, '{_NUMBER_IN_TEXT}', '\\1\\2***\\3', 'g')"
            elif not (rights.sees_calls and rights.sees_names):
                masked[column] = without
    return masked


def masked_in_sample(suite: str, columns: Iterable[str], viewer: Viewer) -> dict[str, str]:
    """The same for a row that broke a gate of a suite: one that names a call is of a single call, whatever table it is from."""
    known = frozenset(columns)
    return masked_columns("rated_calls" if known & _CALL_IDS else suite, known, viewer)


def _number_masked(column: str) -> str:
    return (
        f"case when length({column}) < 6 then '***' "
        f"when {column} is not null then substring({column}, 1, 3) || '***' || right({column}, 2) end"
    )


def _is_of(belongs: Belongs, column: str | None, of_bill: str, ids: frozenset[str]) -> str:
    if column is not None:
        return f"{column} in {_listed(ids)}"
    theirs = f"{of_bill} in {_listed(ids)}"
    for own, key in ((belongs.account, "account_id"), (belongs.customer, "customer_id")):
        if own is None:
            continue
        if belongs.period is not None:
            return f"({own}, {belongs.period}) in (select ({key}, billing_period) from bills_of_branch where {theirs})"
        # Whose an account is, its newest bill says.
        return (
            f"{own} in (select {key} from (select {key}, arg_max({of_bill}, billing_period) as {of_bill} "
            f"from (select {key}, coalesce({of_bill}, '') as {of_bill}, billing_period from bills_of_branch) "
            f"group by {key}) where {theirs})"
        )
    return "false"


def _any(conditions: Iterable[str]) -> str:
    return " or ".join(conditions) or "false"


def _listed(ids: frozenset[str]) -> str:
    quoted = ", ".join("'" + each.replace("'", "''") + "'" for each in sorted(ids))
    return f"({quoted})"
