"""Errors of SQLite, DuckDB and Arrow about a damaged file, in words that name the file and how to bring it back."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

import duckdb
import pyarrow as pa

from orchestration.errors import GatesBlocked, TollhouseError, UsageError
from orchestration.ingestion.raw_parts import RAW_ADVICE
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.soundness import damaged_ledger, is_damage, structure_fault
from orchestration.settings import Settings
from orchestration.state.places import place_fault_behind
from orchestration.state.raw_zone import damaged_rows
from orchestration.state.warehouse import first_line, unreadable_tables
from orchestration.storage.disk_space import chain_of, is_disk_full
from orchestration.warehouse.connection import WAREHOUSE_ADVICE

# dbt hands on what the engine said, as text.
_SAID_BY_AN_ENGINE = re.compile(
    r"\b(IO|Serialization|INTERNAL|FATAL|Invalid|Invalid Input|Conversion|Out of Range) Error|[Cc]hecksum|[Cc]orrupt|[Pp]arquet|"
    r"thrift|malformed|not a database"
)
_SAYS_WHAT_TO_TYPE = re.compile(r"`tollhouse (rebuild|restore)\b")


def explained(settings: Settings, error: BaseException) -> TollhouseError | None:
    """The damaged file that made an engine fail, searched in all that a run reads; None where the error has another cause.

    Takes as long as reading everything. The run lock must be held.
    """
    misplaced = place_fault_behind(settings, error)
    if misplaced is not None:
        return misplaced
    if not is_of_an_engine(error):
        return None
    for one in chain_of(error):
        if isinstance(one, TollhouseError) and _SAYS_WHAT_TO_TYPE.search(str(one)):
            return one  # named already, and wrapped by Dagster or another library since
    damage = next(_damages(settings), None)
    return None if damage is None else TollhouseError(f"{damage} (said by the engine: {first_line(error)})")


def is_of_an_engine(error: BaseException) -> bool:
    """Whether an error is, or was caused by, an error of a database engine or a reader of Parquet about a file."""
    if isinstance(error, GatesBlocked | UsageError) or is_disk_full(error):
        return False
    if isinstance(error, TollhouseError) and _SAYS_WHAT_TO_TYPE.search(str(error)):
        return False  # the damage is named already
    return any(_is_engines(one) for one in chain_of(error))


def _is_engines(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return is_damage(error)
    if isinstance(error, OSError):
        return error.errno is None  # Arrow's own: the system's have a number
    if isinstance(error, TollhouseError):
        return _SAID_BY_AN_ENGINE.search(str(error)) is not None
    return isinstance(error, duckdb.Error | pa.ArrowException)


def _damages(settings: Settings) -> Iterator[str]:
    if not settings.ledger_path.is_file():
        return
    fault = structure_fault(settings.ledger_path)
    if fault is not None:
        yield str(damaged_ledger(settings.ledger_path, fault))
        return
    with FileLedger(settings.ledger_path, read_only=True) as ledger:
        for found in damaged_rows(settings, ledger, is_deep=True):
            yield f"{found}: {RAW_ADVICE}"
    if settings.warehouse_path.is_file():
        for found in unreadable_tables(settings):
            yield found if WAREHOUSE_ADVICE in found else f"{found}. {WAREHOUSE_ADVICE}"
