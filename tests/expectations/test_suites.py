"""Every gate of the catalogue: it holds in the sound warehouse and fails, by the rows that fail, in a broken one."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import duckdb
import pytest

from expectations.catalogue import all_suites, suite_named, suites_of_stage
from expectations.runner import run_gates, run_suites
from orchestration.ingestion.customers.tables import EXPORT_TABLES
from orchestration.reference_book.reading import gate_thresholds
from orchestration.settings import DBT_PROJECT

from .breaks import BREAKS

GATES = [(suite.name, gate.name) for suite in all_suites() for gate in suite.gates]


def test_every_gate_has_a_breaking_input() -> None:
    assert sorted(BREAKS) == sorted(GATES)


def test_every_gate_holds_in_the_sound_warehouse(warehouse: duckdb.DuckDBPyConnection) -> None:
    results = run_suites(warehouse, [suite.name for suite in all_suites()])
    assert [(result.suite, result.gate) for result in results] == GATES
    assert [result for result in results if not result.success] == []
    assert all(result.failed_rows == 0 and result.sample == [] for result in results)
    checked = {(result.suite, result.gate): result.checked_rows for result in results}
    assert checked[("rated_calls", "no_call_is_charged_twice")] == 5
    assert checked[("closed_periods", "closed_rated_calls_are_unchanged")] == 1
    assert checked[("crm_customers", "customers_exist")] == 2


@pytest.mark.parametrize(("suite_name", "gate_name"), GATES, ids=[".".join(pair) for pair in GATES])
def test_gate_fails_where_its_claim_is_broken(
    warehouse: duckdb.DuckDBPyConnection, suite_name: str, gate_name: str
) -> None:
    suite = suite_named(suite_name)
    gate = next(gate for gate in suite.gates if gate.name == gate_name)
    statement, failed_rows = BREAKS[(suite_name, gate_name)]
    warehouse.execute(statement)
    (result,) = run_gates(warehouse, [replace(suite, gates=(gate,))])
    assert result.exception is None
    assert not result.success
    assert result.failed_rows == failed_rows
    assert 1 <= len(result.sample) <= 20
    assert result.severity == gate.severity


def test_severities_follow_the_stage() -> None:
    for stage, allowed in (("release", {"critical"}), ("intake", {"warn", "error"}), ("tariff", {"warn", "error"})):
        for suite in suites_of_stage(stage):  # type: ignore[arg-type]
            assert {gate.severity for gate in suite.gates} <= allowed, suite.name


@pytest.mark.parametrize("table", sorted(EXPORT_TABLES))
def test_each_rule_of_an_export_is_a_gate_and_names_its_records(table: str) -> None:
    """Besides what is said of the export as a whole, and what a line is set aside for before it is a record."""
    model = DBT_PROJECT / "models" / "marts" / "numbering" / "customer_records_incomplete.sql"
    rules = re.findall(rf"\('{table}', '(\w+)', \"", model.read_text(encoding="utf-8"))
    export = EXPORT_TABLES[table]
    whole = {"columns_present", f"{table}_exist", "no_customers_file_is_held", "no_customers_file_is_rejected"}
    decoded = {f"{column}_filled" for column in (*export.key, *export.required)}
    decoded |= {f"{export.key[0]}_once", "interval_once", "every_row_is_readable"}
    gates = {gate.name for gate in suite_named(f"crm_{table}").gates}
    assert len(rules) == len(set(rules)) > 0
    assert set(rules) == gates - whole - decoded


def test_a_batch_of_a_held_file_may_disagree(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("update marts.debit_batches set detail_records = 1, is_accepted = false")
    (result,) = run_suites(warehouse, ["debit_batches"])
    assert result.success


def test_a_difference_that_a_person_accepted_blocks_no_edition(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("update marts.debit_batches set detail_records = 1, is_difference_accepted = true")
    (result,) = run_suites(warehouse, ["debit_batches"])
    assert result.success


def test_calls_of_closed_periods_need_no_owner_any_more(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("delete from intermediate.int_number_assignments where account_id = 'A1'")
    by_gate = {result.gate: result for result in run_suites(warehouse, ["rated_calls"])}
    owners = by_gate["every_charged_number_had_an_owner"]
    # F1:1, F1:2 and F1:3 of the open period; F0:1 of the closed one stays as it was
    assert [row["call_id"] for row in owners.sample] == ["F1:1", "F1:2", "F1:3"]
    assert owners.failed_rows == 3


def test_an_owner_whose_account_is_in_no_export_is_none(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("update intermediate.int_number_assignments set fault = 'gone' where account_id = 'A2'")
    by_gate = {result.gate: result for result in run_suites(warehouse, ["rated_calls"])}
    assert [row["call_id"] for row in by_gate["every_charged_number_had_an_owner"].sample] == ["F1:4"]


def test_an_owner_must_be_the_account_charged(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("update intermediate.int_number_assignments set account_id = 'A7' where account_id = 'A2'")
    by_gate = {result.gate: result for result in run_suites(warehouse, ["rated_calls"])}
    assert [row["call_id"] for row in by_gate["every_charged_number_had_an_owner"].sample] == ["F1:4"]


@pytest.mark.parametrize(("again_from", "without_owner"), [("11:00", ["F1:2"]), ("10:00", [])])
def test_an_account_that_held_a_number_twice_owned_no_call_between(
    warehouse: duckdb.DuckDBPyConnection, again_from: str, without_owner: list[str]
) -> None:
    """A1's calls of 1 March begin at 09:00, 10:00 and 11:00; it held the number until 10:00, and again from then or from 11:00 on."""
    warehouse.execute(
        "update intermediate.int_number_assignments set valid_to = '2026-03-01 10:00:00' where service_number = '2345678';"
        "insert into intermediate.int_number_assignments values"
        f" ('2345678', '2026-03-01 {again_from}:00', null, 'A1', null)"
    )
    by_gate = {result.gate: result for result in run_suites(warehouse, ["rated_calls"])}
    assert [row["call_id"] for row in by_gate["every_charged_number_had_an_owner"].sample] == without_owner


def test_no_more_than_the_rest_of_an_increment_is_covered_beyond_the_allowance(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    """181 s, 180 of them used: 60 s are one increment, 61 s are more than one."""
    warehouse.execute("update marts.rated_calls set covered_seconds = 61 where call_id = 'F1:2'")
    covered, _ = run_suites(warehouse, ["package_use"])
    assert [row["call_id"] for row in covered.sample] == ["F1:2"]


def test_a_closed_call_keeps_what_its_package_gave_it(warehouse: duckdb.DuckDBPyConnection) -> None:
    """F0:1 of closed February drew 60 s on a package that the book no longer knows."""
    given = "package_id = 'GONE', package_number = '', covered_seconds = 60, covered_amount = 0.5"
    for schema in ("marts", "closed"):
        warehouse.execute(f"update {schema}.rated_calls set {given} where call_id = 'F0:1'")
    warehouse.execute("insert into marts.package_use values ('GONE', 'A1', '', '2026-02', 'seconds', 0, 60, 1, 0.5)")
    assert [result.success for result in run_suites(warehouse, ["package_use"])] == [True, True]


def test_a_call_without_account_is_not_billed(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("update marts.rated_calls set account_id = null, amount = 0.006 where call_id = 'F1:4'")
    by_gate = {result.gate: result for result in run_suites(warehouse, ["rated_calls"])}
    billed = by_gate["every_rated_call_is_in_a_usage_line"]
    assert billed.sample == [
        {
            "account_id": None,
            "charged_number": "2345679",
            "billing_period": "2026-03",
            "bill_item_id": "CALL",
            "calls": 1,
            "rounded_amount": "0.01",
        }
    ]


def test_a_row_without_account_that_came_to_a_closed_period_is_found(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("insert into marts.bills values (null, '2026-02', 1.00, false, '2026-03-25', null)")
    by_gate = {result.gate: result for result in run_suites(warehouse, ["closed_periods"])}
    bills = by_gate["closed_bills_are_unchanged"]
    assert bills.failed_rows == 1
    assert bills.sample == [
        {
            "change": "new",
            "account_id": None,
            "billing_period": "2026-02",
            "amount": "1.00",
            "is_provisional": False,
            "due_on": "2026-03-25",
        }
    ]


def test_a_warning_threshold_is_not_yet_passed_at_its_value(warehouse: duckdb.DuckDBPyConnection) -> None:
    # 1 of 100 records malformed at a threshold of 0.01 is no warning; SPEC 4: strictly above
    by_gate = {result.gate: result for result in run_suites(warehouse, ["cdr_files"])}
    assert by_gate["malformed_share_below_warning"].success
    warehouse.execute("update raw.gate_thresholds set warn_above = 0.009999 where gate_id = 'malformed'")
    by_gate = {result.gate: result for result in run_suites(warehouse, ["cdr_files"])}
    assert [row["file_id"] for row in by_gate["malformed_share_below_warning"].sample] == ["F1"]


def test_duckdb_rounds_decimals_half_away_from_zero_and_exactly(warehouse: duckdb.DuckDBPyConnection) -> None:
    rounded = warehouse.execute(
        "select cast(round(cast(x as decimal(38, 6)), 2) as varchar) from"
        " (values ('0.005'), ('-0.005'), ('2.675'), ('0.004999'), ('9007199254740993.005')) as v(x)"
    ).fetchall()
    assert [row[0] for row in rounded] == ["0.01", "-0.01", "2.68", "0.00", "9007199254740993.01"]


@pytest.mark.parametrize(
    ("row", "failed"),
    [
        (
            None,
            "warning",
        ),  # 4 of the day's 92 records that are not ignored: above the default 0.005, not above the default 0.05
        ("0.05,0.05", ""),
        ("0.03,0.039", "warning limit"),
        (",0.03", "limit"),
        ("0.03,", "warning"),
        (",", ""),
    ],
)
def test_a_gate_without_a_row_has_the_default_and_an_empty_value_is_no_gate(
    warehouse: duckdb.DuckDBPyConnection, row: str | None, failed: str
) -> None:
    warehouse.execute("insert into marts.duplicate_calls select 'F1:' || n, 'F1:1' from range(90, 93) as more(n)")
    warn, hold = (Decimal(text) if text else None for text in row.split(",")) if row else (None, None)
    book = [] if row is None else [{"gate_id": "duplicate_branch", "warn_above": warn, "hold_above": hold}]
    limits = gate_thresholds(book)["duplicate_branch"]
    warehouse.execute(
        "update raw.gate_thresholds set warn_above = ?, hold_above = ? where gate_id = 'duplicate_branch'",
        [limits.warn_above, limits.hold_above],
    )
    results = run_suites(warehouse, ["duplicate_calls_of_the_branch"])
    assert [result.gate.rpartition("_")[2] for result in results if not result.success] == failed.split()


def test_a_bill_below_zero_pays_as_much_as_it_is_and_no_more(warehouse: duckdb.DuckDBPyConnection) -> None:
    # A2's credit of 0.05 settles its own bill and pays 0.05 of A1's; then a cent more than it is.
    warehouse.execute("insert into marts.bills values ('A2', '2026-03', -0.05, false, '2026-04-09', 'A2')")
    credit = "insert into marts.payment_applications values ('credit:A2:2026-03', '{}', '2026-03', '2026-04-01', {})"
    warehouse.execute(credit.format("A2", "-0.05"))
    warehouse.execute(credit.format("A1", "0.05"))
    assert all(result.success for result in run_suites(warehouse, ["payment_applications"]))
    warehouse.execute(credit.format("A1", "0.06"))
    by_gate = {result.gate: result for result in run_suites(warehouse, ["payment_applications"])}
    (row,) = by_gate["no_payment_pays_more_than_it_is"].sample
    assert row["payment_id"] == "credit:A2:2026-03"
