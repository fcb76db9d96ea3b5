"""What a command says when a disk is full, whichever library noticed. Whole runs on a full disk are in tests/torture."""

from __future__ import annotations

import errno
import sqlite3
from collections import namedtuple
from pathlib import Path

import pytest

from orchestration.errors import TollhouseError
from orchestration.storage import disk_space

Usage = namedtuple("Usage", "total used free")
NO_ROOM_FOR_THE_INDEX = sqlite3.OperationalError("disk I/O error")
NO_ROOM_FOR_THE_INDEX.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"
PLENTY, NOTHING = 50 << 30, 100


def wrapped(inner: Exception) -> TollhouseError:
    """The error as a library wraps it."""
    try:
        try:
            raise inner
        except Exception as error:
            raise TollhouseError("the run failed") from error
    except TollhouseError as outer:
        return outer


@pytest.mark.parametrize(
    "inner",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        sqlite3.OperationalError("database or disk is full"),
        NO_ROOM_FOR_THE_INDEX,
        RuntimeError("IO Error: Could not write file x.parquet: No space left on device"),
    ],
)
def test_a_full_disk_is_named_however_it_was_noticed(
    inner: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the folder, what is left, and what to do."""
    home = tmp_path / "not yet there"
    monkeypatch.setattr(disk_space.shutil, "disk_usage", lambda place: Usage(PLENTY, 0, 3 << 19))
    told = disk_space.full_disk_fault(wrapped(inner), home)
    assert told is not None and f"the disk is full under {home} (1.5 MiB free): make room" in told


def test_a_disk_error_is_a_full_disk_only_where_one_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite says `disk I/O error` of both."""
    error = wrapped(sqlite3.OperationalError("disk I/O error"))
    for free, is_full in ((NOTHING, True), (PLENTY, False)):
        monkeypatch.setattr(disk_space.shutil, "disk_usage", lambda place, free=free: Usage(PLENTY, 0, free))
        assert (disk_space.full_disk_fault(error, tmp_path) is not None) == is_full


def test_other_errors_are_no_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the disk is nearly full."""
    monkeypatch.setattr(disk_space.shutil, "disk_usage", lambda place: Usage(PLENTY, 0, NOTHING))
    assert disk_space.full_disk_fault(wrapped(PermissionError(errno.EACCES, "Permission denied")), tmp_path) is None
