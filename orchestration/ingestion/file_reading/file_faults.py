"""Whether an error while one file is processed comes from the file, which is then rejected, or from the machine.

A file's fault can be tried again (`tollhouse files retry`): its cause may be fixed in a format, a bound or the memory limit.
The machine's ends the run: no other file would fare better, and what was published then were a part for the whole.
"""

from __future__ import annotations

import sqlite3

import duckdb
import pyarrow as pa

from orchestration.errors import TollhouseError
from orchestration.ingestion.file_reading.bounds import BoundExceeded
from orchestration.ingestion.file_reading.packing import PackingError
from orchestration.storage.disk_space import is_disk_full

# The ledger, the reference book and settings, a file system that cannot be read or written, a broken installation.
_OF_THE_MACHINE = (sqlite3.Error, TollhouseError, OSError, duckdb.IOException, ImportError)
_OUT_OF_MEMORY = (MemoryError, duckdb.OutOfMemoryException, pa.ArrowMemoryError)
_SHOWN_CHARACTERS = 300
_RETRY = "use `tollhouse files retry` once the cause is fixed"


def is_of_the_machine(error: Exception) -> bool:
    """Whether an error would meet the next file too."""
    return is_disk_full(error) or isinstance(error, _OF_THE_MACHINE)


def fault_text(error: Exception, doing: str) -> str:
    """What is wrong with a file that caused an error, in one line. `doing` is what was done with it: decoded, checked."""
    if isinstance(error, BoundExceeded | PackingError):
        return str(error)
    if isinstance(error, _OUT_OF_MEMORY):
        return (
            f"it cannot be {doing} within the memory that there is. If the file is right, raise TOLLHOUSE_MEMORY_LIMIT, or "
            "have it delivered in parts, and use `tollhouse files retry`"
        )
    said = " ".join(str(error).split())[:_SHOWN_CHARACTERS]
    return f"it cannot be {doing}: {type(error).__name__}{f': {said}' if said else ''}; {_RETRY}"
