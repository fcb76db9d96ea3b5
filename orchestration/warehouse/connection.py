"""Opening the one DuckDB file. Only a run that holds the lock does; everybody else reads the published edition."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from typing import IO, Any

import duckdb

from orchestration.branch_clock import shown_time
from orchestration.errors import TollhouseError, UsageError
from orchestration.full_disk import is_disk_full
from orchestration.settings import Settings
from orchestration.state.places import place_faults
from orchestration.upkeep.restore_mark import refuse_half_restored

#: What to do where the warehouse is damaged.
WAREHOUSE_ADVICE = (
    "`tollhouse rebuild --warehouse` computes it anew from what was delivered; closed periods come from their files"
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


# A glance at the lock holds it for a moment: who wants it tries for longer than that.
_LEAST_PATIENCE_SECONDS = 0.5


@contextmanager
def run_lock(settings: Settings, patience_seconds: float = 0.0, *, is_restore: bool = False) -> Iterator[None]:
    """Hold the state against a second run. Raises TollhouseError, naming the run that is at work, when patience is at an end,
    and where a restore was interrupted and this is none (`is_restore`).

    The lock is the kernel's and goes with the process, however it ends.
    """
    with _lock_file(settings) as lock:
        until = time.monotonic() + max(patience_seconds, _LEAST_PATIENCE_SECONDS)
        while not _try_lock(lock):
            if time.monotonic() > until:
                lock.seek(0)
                holder = lock.read().strip() or "another process"
                raise TollhouseError(
                    f"another run is at work on {settings.home} ({holder}); wait for it, or use another TOLLHOUSE_HOME"
                )
            time.sleep(0.1)
        if not is_restore:
            refuse_half_restored(settings.home)
        lock.truncate(0)
        lock.write(f"process {os.getpid()} since {shown_time(datetime.now(UTC), settings.time_zone)}")
        lock.flush()
        yield
        lock.truncate(0)


def is_run_at_work(settings: Settings) -> bool:
    """Whether some process holds the state now."""
    with _lock_file(settings) as lock:
        return not _try_lock(lock)  # let go of as the file is closed


def _lock_file(settings: Settings) -> IO[str]:
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        return open(settings.lock_path, "a+", encoding="utf-8")
    except OSError as error:
        for fault in place_faults(settings):
            raise (UsageError if fault.path == settings.home else TollhouseError)(str(fault)) from error
        raise UsageError(
            f"TOLLHOUSE_HOME: {settings.home} cannot be written ({error.strerror}); name a folder that can"
        ) from error


def _try_lock(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
