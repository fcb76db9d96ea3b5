"""A full disk, as the libraries report it, and the message about it. It is found in errors only; nothing is predicted."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT)
_SAID_BY_LIBRARIES = ("database or disk is full", os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))
_NEARLY_NOTHING_BYTES = 4 << 20
# How SQLite names a full disk; SHMSIZE: the index of its journal could not grow; SQLite then says only "disk I/O error".
_SQLITE_NAMES = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")
_PERHAPS_FULL = "disk I/O error"


def is_disk_full(error: BaseException) -> bool:
    """Whether the error, or one of its causes, says clearly that a disk is full."""
    return any(
        (isinstance(one, OSError) and one.errno in _FULL)
        or (isinstance(one, sqlite3.Error) and getattr(one, "sqlite_errorname", None) in _SQLITE_NAMES)
        or any(text in str(one) for text in _SAID_BY_LIBRARIES)
        for one in chain_of(error)
    )


def full_disk_fault(error: BaseException, home: Path) -> str | None:
    """The message where a full disk is the cause: which disk, how much is free, what to do; None where it is not."""
    places = [home, Path(tempfile.gettempdir())]
    free = {place: shutil.disk_usage(_existing(place)).free for place in places}
    full = next((place for place in places if free[place] < _NEARLY_NOTHING_BYTES), None)
    if not is_disk_full(error) and (full is None or not any(_PERHAPS_FULL in str(one) for one in chain_of(error))):
        return None
    place = full or home
    return (
        f"the disk is full under {place} ({free[place] / (1 << 20):.1f} MiB free): make room there and run again. "
        "Nothing is lost: what was taken in is kept, and the last edition stays"
    )


def _existing(place: Path) -> Path:
    return next(parent for parent in (place, *place.parents) if parent.exists())


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """An error and those that it came of."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        one = pending.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            pending += [one.__cause__, one.__context__]
