"""Opening the one DuckDB file. Only a run that holds the lock (runtime/run_lock.py) does; all others read the published edition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import duckdb

from orchestration.errors import TollhouseError
from orchestration.settings import Settings
from orchestration.storage.disk_space import is_disk_full

#: What to do where the warehouse is damaged.
WAREHOUSE_ADVICE = (
    "`tollhouse rebuild --warehouse` computes it again from what was delivered; closed periods come from their files"
)
_SCHEMAS = ("reference", "raw", "staging", "intermediate", "marts", "closed", "state")


@contextmanager
def open_warehouse(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, with its schemas there and the settings' bounds. Raises TollhouseError where it cannot be opened.

    Opened with the same options as dbt's profile, since one process cannot hold one file under two configurations.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            con = stack.enter_context(closing(duckdb.connect(str(settings.warehouse_path))))
            con.execute("set preserve_insertion_order = false")
            con.execute(f"set threads = {settings.threads}")
            if settings.engine_memory_limit:
                con.execute(f"set memory_limit = '{settings.engine_memory_limit}'")
            for schema in _SCHEMAS:
                con.execute(f"create schema if not exists {schema}")
        except duckdb.Error as error:
            raise TollhouseError(_cannot_be_opened(settings, error)) from error
        yield con


def is_locked(error: duckdb.Error) -> bool:
    """Whether the engine cannot have the file because another process holds it."""
    return "set lock on file" in str(error)


def _cannot_be_opened(settings: Settings, error: duckdb.Error) -> str:
    said = f"{settings.warehouse_path}: the warehouse cannot be opened: {' '.join(str(error).split())[:300]}"
    return said if is_locked(error) or is_disk_full(error) else f"{said}. {WAREHOUSE_ADVICE}"


def insert_rows(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows by a few statements of many rows each; one statement a row takes a second for a thousand."""
    for start in range(0, len(rows), 500):
        chunk = rows[start : start + 500]
        row = f"({', '.join('?' * len(chunk[0]))})"
        con.execute(
            f"insert into {table} values {', '.join([row] * len(chunk))}",
            [value for values in chunk for value in values],
        )
