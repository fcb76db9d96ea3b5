"""Columns are traced through CTEs, joins and unions to the tables they come from, and remembered."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.warehouse import column_lineage
from orchestration.warehouse.column_lineage import LineageReader

SQL = """
with paid as (select account_id, sum(amount) as received from warehouse.marts.payments group by account_id)
select bills.account_id, bills.amount - coalesce(paid.received, 0) as unpaid, 'x' as fixed
from warehouse.marts.bills as bills left join paid on bills.account_id = paid.account_id
"""
TRACED = {
    "account_id": [("marts", "bills", "account_id")],
    "unpaid": [("marts", "bills", "amount"), ("marts", "payments", "amount")],
    "fixed": [],
}


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema marts; create table marts.bills (account_id varchar, amount decimal(18, 2))")
    con.execute("create table marts.payments (account_id varchar, amount decimal(18, 2))")
    return con


def test_columns_are_traced_to_the_tables_they_come_from(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert LineageReader(con, tmp_path / "memory.json").read(SQL) == TRACED


def test_what_was_read_is_not_read_again(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = LineageReader(con, tmp_path / "memory.json")
    reader.read(SQL)
    reader.keep()
    monkeypatch.setattr(column_lineage, "_trace", lambda sql, tables: pytest.fail("read again"))
    assert LineageReader(con, tmp_path / "memory.json").read(SQL) == TRACED


def test_sql_that_cannot_be_followed_has_no_lineage(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert LineageReader(con, tmp_path / "memory.json").read("select from where (") == {}
