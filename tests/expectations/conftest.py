"""A DuckDB with the sound warehouse, one per session; each test breaks it inside a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

SOUND_WAREHOUSE = (Path(__file__).parent / "sound_warehouse.sql").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def sound_warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse in which every gate holds."""
    con = duckdb.connect(":memory:")
    con.execute(SOUND_WAREHOUSE)
    yield con
    con.close()


@pytest.fixture
def warehouse(sound_warehouse: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The sound warehouse inside a transaction that is rolled back: a test may break what it likes."""
    sound_warehouse.execute("begin")
    yield sound_warehouse
    sound_warehouse.execute("rollback")
