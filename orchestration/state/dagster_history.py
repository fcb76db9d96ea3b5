"""Dagster's history: it shows what runs did, and no figure depends on it. A damaged history is moved aside and begun again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from orchestration.branch_clock import branch_now
from orchestration.ledger.soundness import is_damage, structure_fault
from orchestration.settings import Settings

#: Of those that every run reads. Larger ones are not read through before a run: what is wrong with them shows on the way.
_MOST_READ_BYTES = 32 << 20
_DATABASES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")


def set_damaged_aside(settings: Settings) -> list[Path]:
    """Move the history (or the schedules) aside where a database of it is damaged; returns where to."""
    found = {settings.dagster_home / Path(name).parts[0] for name in _DATABASES if _fault(settings, name) is not None}
    return [_move_aside(folder, branch_now(settings.time_zone)) for folder in sorted(found)]


def set_aside(settings: Settings) -> list[Path]:
    """Move all of the history aside, after Dagster could not read it; returns where to."""
    folders = sorted({settings.dagster_home / Path(name).parts[0] for name in _DATABASES})
    return [_move_aside(folder, branch_now(settings.time_zone)) for folder in folders if folder.exists()]


def damaged_databases(settings: Settings, *, is_deep: bool) -> Iterator[str]:
    """What is wrong with the databases of the history; `is_deep` looks at those of single runs too."""
    home = settings.dagster_home
    paths = [home / name for name in _DATABASES]
    for path in paths + sorted((home / "history" / "runs").glob("*-*.db") if is_deep else []):
        fault = _structure(path, is_whole=True)
        if fault is not None:
            yield f"{path}: {fault}"


def is_of_history(error: BaseException) -> bool:
    """Whether Dagster failed because a database of its history is damaged: not locked, and not on a full disk."""
    from sqlalchemy.exc import DatabaseError

    if not isinstance(error, DatabaseError) or not isinstance(error.orig, sqlite3.Error):
        return False
    return is_damage(error.orig) or "no such table" in str(error.orig) or "no such column" in str(error.orig)


def _fault(settings: Settings, name: str) -> str | None:
    path = settings.dagster_home / name
    return _structure(path, is_whole=path.is_file() and path.stat().st_size <= _MOST_READ_BYTES)


def _structure(path: Path, *, is_whole: bool) -> str | None:
    if not path.is_file():
        return None
    if not path.stat().st_size:
        return "it is empty"
    try:
        fault = structure_fault(path, is_whole)
    except sqlite3.OperationalError:  # it is being written
        return None
    return None if fault is None else str(fault)


def _move_aside(folder: Path, now: datetime) -> Path:
    aside = folder.with_name(f"{folder.name}.damaged-{now:%Y%m%dT%H%M%S}")
    folder.rename(aside)
    return aside
