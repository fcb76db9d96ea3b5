"""The runner: fails closed, counts exactly, and leaves the caller's connection and transaction alone."""

from __future__ import annotations

import gc
import os
import subprocess
import sys

import duckdb
import pytest

from expectations.gates import Suite, columns_present, no_rows, not_null, row_count_at_least, values_in_set
from expectations.results import GateResult, blocking
from expectations.runner import run_gates, run_suites
from orchestration.errors import TollhouseError


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    connection.execute("create schema marts; create table marts.numbers as select range as n from range(1000)")
    return connection


def _suite(*gates: object, table: str = "marts.numbers") -> Suite:
    return Suite("numbers", "release", table, gates)  # type: ignore[arg-type]


def test_failed_rows_are_counted_beyond_the_caps_and_the_sample_is_ordered(con: duckdb.DuckDBPyConnection) -> None:
    gate = no_rows("small", "d", "select n from {batch} where n >= 100", severity="critical")
    (result,) = run_gates(con, [_suite(gate)])
    assert (result.checked_rows, result.failed_rows, len(result.sample)) == (1000, 900, 20)
    assert result.sample[0] == {"n": 100}
    assert result.sample[-1] == {"n": 119}


def test_one_broken_query_fails_its_gate_with_the_reason_and_no_other(con: duckdb.DuckDBPyConnection) -> None:
    good = not_null("filled", "d", "n", severity="error")
    missing = not_null("missing", "d", "no_such_column", severity="error")
    wrong = no_rows("wrong", "d", "select * from {batch} where nowhere = 1", severity="critical")
    raising = no_rows("raising", "d", "select * from {batch} where cast('x' as integer) = n", severity="critical")
    results = {result.gate: result for result in run_gates(con, [_suite(good, missing, wrong, raising)])}
    assert results["filled"].success
    for gate, reason in (("missing", "no_such_column"), ("wrong", "nowhere"), ("raising", "Could not convert")):
        assert not results[gate].success
        assert reason in (results[gate].exception or "")
    assert [result.gate for result in blocking(results.values())] == ["wrong", "raising"]


def test_a_missing_table_fails_all_its_gates(con: duckdb.DuckDBPyConnection) -> None:
    gates = [row_count_at_least("some", "d", 1, severity="error"), not_null("filled", "d", "n", severity="critical")]
    results = run_gates(con, [_suite(*gates, table="marts.nothing")])
    assert [result.success for result in results] == [False, False]
    assert {result.exception for result in results} == {"the table marts.nothing does not exist"}


def test_a_result_that_great_expectations_does_not_give_is_a_failure(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from expectations import engine

    monkeypatch.setattr(engine.GxEngine, "evaluate", lambda self, table, gates: {})
    (result,) = run_gates(con, [_suite(not_null("filled", "d", "n", severity="critical"))])
    assert not result.success
    assert result.exception == "Great Expectations gave no result for this gate"


def test_an_empty_table_passes_not_null_but_not_the_row_count(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("delete from marts.numbers")
    gates = [row_count_at_least("three", "d", 3, severity="error"), not_null("filled", "d", "n", severity="error")]
    some, filled = run_gates(con, [_suite(*gates)])
    assert (some.success, some.checked_rows, some.failed_rows) == (False, 0, 3)
    assert filled.success


def test_values_in_set_and_columns_report_what_is_wrong(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create table marts.words as select * from (values ('a'), ('b'''), (null)) as v(w)")
    gates = [
        values_in_set("known", "d", "w", ("a", "it's"), severity="warn"),
        columns_present("columns", "d", ("w", "x", "y"), severity="warn"),
    ]
    known, columns = run_gates(con, [_suite(*gates, table="marts.words")])
    assert (known.failed_rows, known.sample) == (1, [{"w": "b'"}])
    assert columns.sample == [{"missing_column": "x"}, {"missing_column": "y"}]


def test_views_are_judged_like_tables(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create schema staging; create view staging.even as select n from marts.numbers where n % 2 = 0")
    gates = [
        row_count_at_least("some", "d", 500, severity="error"),
        not_null("filled", "d", "n", severity="error"),
        columns_present("columns", "d", ("n",), severity="error"),
        no_rows("even", "d", "select n from {batch} where n > 996", severity="error"),
    ]
    *hold, even = run_gates(con, [_suite(*gates, table="staging.even")])
    assert [result.success for result in hold] == [True, True, True]
    assert (even.checked_rows, even.sample) == (500, [{"n": 998}])


def test_uncommitted_rows_are_seen_and_the_transaction_stays_open(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("begin; insert into marts.numbers values (-1)")
    gate = no_rows("positive", "d", "select n from {batch} where n < 0", severity="critical")
    (result,) = run_gates(con, [_suite(gate)])
    assert result.failed_rows == 1
    con.execute("rollback")
    assert con.execute("select count(*) from marts.numbers").fetchone() == (1000,)
    assert con.execute("select count(*) from duckdb_tables()").fetchone() == (1,)


def test_the_handle_stays_open_when_the_gates_are_gone(con: duckdb.DuckDBPyConnection) -> None:
    for _ in range(3):
        run_gates(con, [_suite(row_count_at_least("some", "d", 1, severity="error"))])
        gc.collect()
        assert con.execute("select 1").fetchone() == (1,)


def test_an_unknown_suite_is_an_error_that_names_the_known_ones(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(TollhouseError, match="'bils'.*bill_lines"):
        run_suites(con, ["bils"])


def test_no_suites_cost_no_import_and_give_no_results(con: duckdb.DuckDBPyConnection) -> None:
    assert run_suites(con, []) == []


def test_the_catalogue_does_not_import_great_expectations() -> None:
    code = "import sys, expectations.catalogue, expectations.runner; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_gates_tell_nobody_but_their_caller() -> None:
    code = "import os, expectations.engine; print(os.environ['GX_ANALYTICS_ENABLED'])"
    own = {name: value for name, value in os.environ.items() if name != "GX_ANALYTICS_ENABLED"}
    told = subprocess.run([sys.executable, "-c", code], env=own, check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "false"


def test_results_are_plain_json_values() -> None:
    result = GateResult("s", "g", "d", "critical", False, 2, 1, [{"amount": "0.10"}])
    assert result.blocks
    assert result.as_dict() == {
        "suite": "s",
        "gate": "g",
        "description": "d",
        "severity": "critical",
        "success": False,
        "checked_rows": 2,
        "failed_rows": 1,
        "sample": [{"amount": "0.10"}],
        "exception": None,
    }
