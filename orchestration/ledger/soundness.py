"""Whether the file ledger exists and is as Tollhouse left it: nothing else has the decisions of people, so it is never created
again beside what earlier runs have left, and never read where it was damaged.

SQLite finds damage of its own structure only. So whoever writes to the ledger seals it at the end: `ledger.seal` holds its
SHA-256, and the next one compares. A writer that was killed leaves no seal.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from orchestration.errors import TollhouseError
from orchestration.storage.durable import flush, replace_text, sha256_of

SEAL = "ledger.seal"
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")

LEDGER_ADVICE = (
    "Put back the newest backup: `tollhouse restore DIR --replace`. Where there is none, only a new home is left (another, empty "
    "TOLLHOUSE_HOME, and every file delivered again): decisions, closed periods and debit requests are lost then"
)
#: Folders of the home in which earlier runs leave files.
_TRACES = ("published/editions", "closed", "raw", "landing")


def refuse_lost_ledger(path: Path) -> None:
    """Raise TollhouseError where there is no ledger, or an empty file, in a home that holds anything of earlier runs."""
    if path.is_file() and (path.stat().st_size or _has_journal(path)):
        return
    trace = _trace(path.parent)
    if trace is not None:
        what = "is empty" if path.is_file() else "is not a file" if os.path.lexists(path) else "is gone"
        raise TollhouseError(
            f"{path}: the file ledger {what}, and {trace} is of earlier runs. No run can make the ledger again. {LEDGER_ADVICE}"
        )


def damaged_ledger(path: Path, error: sqlite3.Error) -> TollhouseError:
    """What to say where SQLite cannot read the ledger."""
    return TollhouseError(f"{path}: the file ledger is damaged ({error}). Nothing was computed. {LEDGER_ADVICE}")


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite says that a file is damaged: not that it is locked, that a disk is full, or that a statement is wrong."""
    return type(error) is sqlite3.DatabaseError


def seal_fault(path: Path) -> str | None:
    """How the ledger differs from what its last writer left; None where it does not, or where this is not known."""
    seal = path.with_name(SEAL)
    if not _is_sealed(path) or _seal_of(path) == sha256_of(path):
        return None
    return (
        f"{path}: the file ledger is not as it was left: its SHA-256 is not the one of {seal}. It is damaged, or another "
        f"program wrote to it. Nothing was computed. {LEDGER_ADVICE}. Where you put this ledger there yourself, remove {seal}"
    )


@contextmanager
def unsealed(path: Path) -> Iterator[None]:
    """Around the writing to a ledger: the seal is looked at and taken off, and put on when no other program has the ledger open.

    Raises TollhouseError where the ledger is not what its last writer left.
    """
    seal = path.with_name(SEAL)
    fault = seal_fault(path) if path.is_file() else None
    if fault is not None:
        raise TollhouseError(fault)
    if not _is_sealed(path) and path.is_file() and path.stat().st_size:
        damage = structure_fault(path)  # the last writer was killed, or was an earlier version
        if damage is not None:
            raise damaged_ledger(path, damage)
    if seal.is_file():
        seal.unlink()
        flush(path.parent)
    yield
    if path.is_file() and not _has_journal(path):
        replace_text(seal, sha256_of(path) + "\n")


def structure_fault(path: Path, is_whole: bool = True) -> sqlite3.Error | None:
    """The faults that SQLite finds in the structure of a database, or only in its head; None where there are none.

    Other errors than damage are raised.
    """
    looked_at = "pragma quick_check(1)" if is_whole else "select 'ok' from (select count(*) from sqlite_master)"
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as db:
        try:
            problems = [row[0] for row in db.execute(looked_at) if row[0] != "ok"]
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                return error
            raise
    return sqlite3.DatabaseError(problems[0]) if problems else None


def _is_sealed(path: Path) -> bool:
    """Whether the seal says something: a damaged one does not, nor one of before a writer that was killed."""
    return _SHA256.match(_seal_of(path)) is not None and not _has_journal(path)


def _seal_of(path: Path) -> str:
    seal = path.with_name(SEAL)
    return seal.read_text(encoding="ascii", errors="replace").strip() if seal.is_file() else ""


def _has_journal(path: Path) -> bool:
    """Whether SQLite's journal holds what is not in the ledger's file yet: somebody has it open, or was killed."""
    journal = path.with_name(path.name + "-wal")
    return journal.is_file() and journal.stat().st_size > 0


def _trace(home: Path) -> Path | None:
    """Something that a run has left in the home, None where none ever has."""
    for name in _TRACES:
        for folder, folders, files in os.walk(home / name):
            folders[:] = [inner for inner in folders if not inner.startswith(".")]
            if files:
                return Path(folder) / min(files)
    return None
