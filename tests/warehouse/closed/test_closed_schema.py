"""The closed schema from each of its earlier versions on: what was closed stays, and what was added is there."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest

from orchestration.errors import TollhouseError
from orchestration.warehouse.closed.closed_schema import MIGRATIONS, create_closed_schema, migrate_closed_schema

CLOSED = "select call_id, amount, billing_period from closed.calls"


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with nothing but the folder of the closed schema."""
    with duckdb.connect() as opened:
        opened.execute("create schema closed")
        yield opened


def columns(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """Table, column and type of everything in the schema."""
    return con.execute(
        "select table_name, column_name, data_type from information_schema.columns where table_schema = 'closed' order by all"
    ).fetchall()


def close_a_call(con: duckdb.DuckDBPyConnection) -> None:
    """A call of 0.33 in a closed period."""
    con.execute("insert into closed.periods (billing_period) values ('2026-03')")
    con.execute("insert into closed.calls (call_id, amount, billing_period) values ('F1:1', 0.33, '2026-03')")


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS) + 1))
@pytest.mark.parametrize("is_written_down", [True, False], ids=["numbered", "of-before-the-numbers"])
def test_every_earlier_version_comes_to_this_one(
    con: duckdb.DuckDBPyConnection, version: int, is_written_down: bool
) -> None:
    migrate_closed_schema(con, version)
    if not is_written_down:
        con.execute("drop table closed.schema_version")
    close_a_call(con)
    create_closed_schema(con)
    create_closed_schema(con)  # once more changes nothing
    assert con.execute(CLOSED).fetchall() == [("F1:1", Decimal("0.33"), "2026-03")]
    assert con.execute("select call_id, is_capped, is_charged_as_recorded from closed.rated_calls").fetchall() == [
        ("F1:1", False, False)
    ]
    with duckdb.connect() as fresh:
        fresh.execute("create schema closed")
        create_closed_schema(fresh)
        assert columns(con) == columns(fresh)


def test_a_newer_version_is_refused_and_left_alone(con: duckdb.DuckDBPyConnection) -> None:
    create_closed_schema(con)
    close_a_call(con)
    con.execute("update closed.schema_version set version = 99")
    with pytest.raises(TollhouseError, match="of version 99, and this Tollhouse knows versions up to 8"):
        create_closed_schema(con)
    assert con.execute(CLOSED).fetchall() == [("F1:1", Decimal("0.33"), "2026-03")]


def test_a_step_that_fails_leaves_the_version_before(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate_closed_schema(con, 2)
    broken = (*MIGRATIONS[:3], "alter table closed.nowhere add column x integer")
    monkeypatch.setattr("orchestration.warehouse.closed.closed_schema.MIGRATIONS", broken)
    with pytest.raises(duckdb.CatalogException):
        migrate_closed_schema(con, 4)
    assert con.execute("select version from closed.schema_version").fetchall() == [(2,)]
    monkeypatch.undo()
    create_closed_schema(con)
    assert ("calls", "rate_valid_from", "DATE") in columns(con)
