"""Opening the one DuckDB file. Only a run that holds the lock does; everybody else reads the published edition."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import duckdb

from orchestration.errors import TollhouseError, UsageError
from orchestration.settings import Settings

_SCHEMAS = ("reference", "raw", "staging", "intermediate", "marts", "closed", "state")


@contextmanager
def open_warehouse(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, with its schemas there and the settings' bounds. Raises TollhouseError where it cannot be opened.

    Opened with the same options as dbt's profile, since one process cannot hold one file under two configurations.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    try:
        con = duckdb.connect(str(settings.warehouse_path))
    except duckdb.Error as error:
        raise TollhouseError(f"{settings.warehouse_path}: the warehouse cannot be opened: {error}") from error
    try:
        con.execute("set preserve_insertion_order = false")
        con.execute(f"set threads = {settings.threads}")
        if settings.memory_limit:
            con.execute(f"set memory_limit = '{settings.memory_limit}'")
        for schema in _SCHEMAS:
            con.execute(f"create schema if not exists {schema}")
        yield con
    finally:
        con.close()


def insert_rows(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows by a few statements of many rows each; one statement a row takes a second for a thousand."""
    for start in range(0, len(rows), 500):
        chunk = rows[start : start + 500]
        row = f"({', '.join('?' * len(chunk[0]))})"
        con.execute(
            f"insert into {table} values {', '.join([row] * len(chunk))}",
            [value for values in chunk for value in values],
        )


@contextmanager
def run_lock(settings: Settings) -> Iterator[None]:
    """Hold the state against a second run. Raises TollhouseError at once, naming the run that is at work.

    The lock is the kernel's and goes with the process, however it ends.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        opened = open(settings.lock_path, "a+", encoding="utf-8")  # noqa: SIM115  closed by the with below
    except OSError as error:
        raise UsageError(
            f"TOLLHOUSE_HOME: {settings.home} cannot be written ({error.strerror}); name a folder that can"
        ) from error
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "another process"
            raise TollhouseError(
                f"another run is at work on {settings.home} ({holder}); wait for it, or use another TOLLHOUSE_HOME"
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()} since {datetime.now(UTC).isoformat(timespec='seconds')}")
        lock.flush()
        yield
        lock.truncate(0)
