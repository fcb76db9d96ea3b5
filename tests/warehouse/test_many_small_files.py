"""The inputs of dbt over Parquet files that are many and small: the same rows, copied once instead of opened for each model."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.ingestion.raw_parts import CheckedRawZone
from orchestration.warehouse.raw import raw_schema

NOTHING_KNOWN = CheckedRawZone(Path(), {})
COLUMNS = {"file_id": "varchar", "calls": "bigint"}


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    """A warehouse with the schema raw."""
    con = duckdb.connect()
    con.execute("create schema raw")
    return con


def files(folder: Path, number: int) -> list[Path]:
    """So many files of one row: f0 with 0 calls, f1 with 1, …"""
    paths = [folder / f"f{at}.parquet" for at in range(number)]
    for at, path in enumerate(paths):
        duckdb.sql(f"select 'f{at}' as file_id, {at}::bigint as calls").write_parquet(str(path))
    return paths


def kind_and_calls(con: duckdb.DuckDBPyConnection) -> tuple[str, int, int]:
    """Whether raw.found is a table or a view, its rows and the sum of their calls."""
    row = con.execute(
        "select (select table_type from information_schema.tables where table_name = 'found'), count(*), "
        "coalesce(sum(calls), 0) from raw.found"
    ).fetchone()
    assert row is not None
    return row


def test_many_small_files_are_copied_and_few_are_looked_at(
    tmp_path: Path, con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_schema, "_MOST_FILES_OF_A_VIEW", 4)
    paths = files(tmp_path, 5)
    raw_schema._create_view(con, "found", COLUMNS, paths[:4], NOTHING_KNOWN)
    assert kind_and_calls(con) == ("VIEW", 4, 0 + 1 + 2 + 3)
    raw_schema._create_view(con, "found", COLUMNS, paths, NOTHING_KNOWN)
    assert kind_and_calls(con) == ("BASE TABLE", 5, 0 + 1 + 2 + 3 + 4)
    raw_schema._create_view(con, "found", COLUMNS, paths[3:], NOTHING_KNOWN)
    assert kind_and_calls(con) == ("VIEW", 2, 3 + 4)
    raw_schema._create_view(con, "found", COLUMNS, [], NOTHING_KNOWN)
    assert kind_and_calls(con) == ("VIEW", 0, 0)


def test_many_large_files_are_never_copied(
    tmp_path: Path, con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_schema, "_MOST_FILES_OF_A_VIEW", 1)
    paths = files(tmp_path, 3)
    monkeypatch.setattr(raw_schema, "_MOST_COPIED_BYTES", sum(path.stat().st_size for path in paths) - 1)
    raw_schema._create_view(con, "found", COLUMNS, paths, NOTHING_KNOWN)
    assert kind_and_calls(con) == ("VIEW", 3, 0 + 1 + 2)
