"""Runs suites on the caller's DuckDB handle and reports each gate. The catalogue lists the gates.

A gate that cannot be evaluated (a missing table or column, an error in a query, no result) has failed: gates fail
closed. The caller's connection and transaction are left as they were.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import duckdb

from expectations.catalogue import suite_named
from expectations.gates import Gate, Suite
from expectations.results import SAMPLE_ROWS, GateResult, json_value

if TYPE_CHECKING:
    from expectations.engine import GxEngine


def run_suites(con: duckdb.DuckDBPyConnection, names: Iterable[str]) -> list[GateResult]:
    """Evaluate the suites with these names, in order; one result for each of their gates."""
    return run_gates(con, [suite_named(name) for name in names])


def run_gates(con: duckdb.DuckDBPyConnection, suites: Iterable[Suite]) -> list[GateResult]:
    """Evaluate suites given as values; `run_suites` takes names of the catalogue."""
    wanted = list(suites)
    if not wanted:
        return []
    from expectations.engine import GxEngine  # here, not above: 6 to 8 s that only a gating run pays

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    engine, tables = GxEngine(con), _tables(con)
    return [result for suite in wanted for result in _run_suite(con, engine, suite, tables)]


def _run_suite(
    con: duckdb.DuckDBPyConnection, engine: GxEngine, suite: Suite, tables: frozenset[str]
) -> list[GateResult]:
    evaluated: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for table in dict.fromkeys(suite.table_of(gate) for gate in suite.gates):
        gates = [(gate.name, gate) for gate in suite.gates if suite.table_of(gate) == table]
        if table not in tables:
            faults.update({name: f"the table {table} does not exist" for name, _ in gates})
            continue
        found, faulty = _evaluate(engine, table, gates)
        evaluated.update(found)
        faults.update(faulty)
    return [_report(con, suite, gate, evaluated.get(gate.name), faults.get(gate.name)) for gate in suite.gates]


def _evaluate(engine: GxEngine, table: str, gates: list[tuple[str, Gate]]) -> tuple[dict[str, Any], dict[str, str]]:
    """Evaluate gates together. A gate that raised is evaluated again alone: GX bundles queries, and one fault fails its whole bundle."""
    together, fault = _attempt(engine, table, gates)
    if fault is None and not any(_raised(result) for result in together.values()):
        return together, {}
    evaluated: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name, gate in gates:
        alone, fault = _attempt(engine, table, [(name, gate)])
        if fault is not None:
            faults[name] = fault
        elif name in alone:
            evaluated[name] = alone[name]
    return evaluated, faults


def _attempt(engine: GxEngine, table: str, gates: list[tuple[str, Gate]]) -> tuple[dict[str, Any], str | None]:
    try:
        return engine.evaluate(table, gates), None
    except Exception as error:  # noqa: BLE001  whatever a gate raises is its failure and must not end the others
        return {}, f"{type(error).__name__}: {error}"


def _report(con: duckdb.DuckDBPyConnection, suite: Suite, gate: Gate, result: Any, fault: str | None) -> GateResult:
    if fault is None and result is None:
        fault = "Great Expectations gave no result for this gate"
    if fault is None:
        fault = _raised(result)
    checked = failed = 0
    sample: list[dict[str, Any]] = []
    if fault is None:
        try:
            checked, failed, sample = _count(con, suite.table_of(gate), gate, result)
        except (duckdb.Error, LookupError) as error:  # a gate whose figures cannot be had is not passed
            fault = f"{type(error).__name__}: {error}"
    success = fault is None and bool(result.success)
    return GateResult(suite.name, gate.name, gate.description, gate.severity, success, checked, failed, sample, fault)


def _count(
    con: duckdb.DuckDBPyConnection, table: str, gate: Gate, result: Any
) -> tuple[int, int, list[dict[str, Any]]]:
    """Exact counts of rows checked and failed, and a sample in a total order."""
    checked = _scalar(con, f"select count(*) from {table}")
    if result.success:
        return checked, 0, []
    if gate.failing_rows is not None:
        failing = gate.failing_rows.format(batch=table)
        failed = _scalar(con, f"select count(*) from ({failing}) as failing")
        cursor = con.execute(f"select * from ({failing}) as failing order by all limit {SAMPLE_ROWS}")
        names = [column[0] for column in cursor.description or ()]
        rows = [{name: json_value(value) for name, value in zip(names, row, strict=True)} for row in cursor.fetchall()]
        return checked, failed, rows
    if gate.expectation == "ExpectTableColumnsToMatchSet":
        missing = sorted(result.result["details"]["mismatched"]["missing"])
        return checked, len(missing), [{"missing_column": column} for column in missing][:SAMPLE_ROWS]
    if gate.expectation == "ExpectTableRowCountToBeBetween":
        return checked, gate.arguments["min_value"] - checked, [{"rows": checked, **gate.arguments}]
    raise LookupError(f"{gate.expectation} has no query of its failing rows")


def _raised(result: Any) -> str | None:
    """The exception of a result, if any: GX puts it directly into `exception_info`, or nested by metric."""
    info = result.exception_info or {}
    for entry in (info, *(value for value in info.values() if isinstance(value, dict))):
        if entry.get("raised_exception"):
            return str(entry.get("exception_message") or "the expectation raised an exception without a message")
    return None


def _tables(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """All tables and views, as schema.name: read once, since each look into the catalogue reads all of it."""
    found = con.execute(
        "select table_schema || '.' || table_name from information_schema.tables where table_catalog = current_database()"
    ).fetchall()
    return frozenset(name for (name,) in found)


def _scalar(con: duckdb.DuckDBPyConnection, query: str) -> int:
    row = con.execute(query).fetchone()
    if row is None:
        raise LookupError(f"no row from: {query}")
    return int(row[0])
