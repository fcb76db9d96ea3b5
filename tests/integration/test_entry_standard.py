"""The entry standard in a whole city: gates and marts find the same records, and each planted fault is told with its rule."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.integration.conftest import Published

#: Planted case → the export, the rule and the field by which its records fail.
PLANTED = {
    "incomplete_no_name": ("customers", "name_filled", "name"),
    "incomplete_unknown_class": ("customers", "class_known", "customer_class"),
    "incomplete_unknown_unit": ("customers", "business_unit_known", "business_unit_id"),
    "incomplete_unknown_outlet": ("customers", "outlet_known", "outlet_id"),
    "incomplete_opened_after_closed": ("customers", "opened_before_closed", "closed_on"),
    "incomplete_account_without_customer": ("accounts", "customer_known", "customer_id"),
    "incomplete_debit_without_bank": ("accounts", "debit_account_has_bank", "bank_code"),
    "incomplete_debit_without_bank_account": ("accounts", "debit_account_has_bank", "bank_account"),
    "incomplete_account_opened_after_closed": ("accounts", "opened_before_closed", "closed_on"),
    "incomplete_number_outside_range": ("service_numbers", "number_in_a_range", "service_number"),
}
#: Of files as a whole, not of records: the city has exports that are rejected and held.
FILE_GATES = ("no_customers_file_is_rejected", "no_customers_file_is_held")


def test_each_gate_finds_as_many_records_as_the_mart_has(whole: Published) -> None:
    found: Counter[tuple[str, str]] = Counter()
    for row in whole.marts["customer_records_incomplete"]:
        found[f"crm_{row['export_table']}", row["rule_id"]] += row["failing_rows"]
    gates = {
        (gate["suite"], gate["gate"]): gate["failed_rows"]
        for gate in whole.branch.manifest()["gates"]
        if gate["suite"].startswith("crm_") and gate["gate"] not in FILE_GATES
    }
    assert len(found) >= len({rule for _, rule, _ in PLANTED.values()})
    assert {key: rows for key, rows in gates.items() if rows} == dict(found)


@pytest.mark.parametrize("case", sorted(PLANTED))
def test_a_planted_record_is_told_by_field_rule_and_outlet(
    case: str, whole: Published, planted: dict[str, Any]
) -> None:
    table, rule, field = PLANTED[case]
    rows = {
        row["record_id"]: row
        for row in whole.marts["customer_records_incomplete"]
        if (row["export_table"], row["rule_id"], row["field"]) == (table, rule, field)
    }
    told = {
        row["subject"]: row for row in whole.marts["problem_bulletin"] if row["kind"] == "customer_record_incomplete"
    }
    for key in planted["cases"][case]["keys"]:
        row, bulletin = rows[key], told[f"{table} {key} {field}"]
        assert (
            row["file_name"].startswith(f"{table}_") and row["rule_en"] and row["rule_zh"] not in ("", row["rule_en"])
        )
        assert f"field {field} of {table} {key}: {row['rule_en']} ({row['rule_zh']})" in bulletin["detail"]
        assert bulletin["outlet_id"] == row["outlet_id"]
        # A customer of no known outlet and an account of no customer have nobody who could fix them.
        assert (row["outlet_id"] is None) == (
            case in ("incomplete_unknown_outlet", "incomplete_account_without_customer")
        )


def test_every_planted_fault_of_the_entry_standard_is_looked_for(planted: dict[str, Any]) -> None:
    assert {name for name in planted["cases"] if name.startswith("incomplete_")} == set(PLANTED)
