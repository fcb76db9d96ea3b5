"""The lock of a run: one process at a time works on a home. Reading the published edition needs no lock."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO

from orchestration.branch_clock import shown_time
from orchestration.errors import TollhouseError, UsageError
from orchestration.settings import Settings
from orchestration.state.places import place_faults
from orchestration.state.restore_mark import refuse_half_restored

# A glance at the lock holds it for a moment: who wants it tries for longer than that.
_LEAST_PATIENCE_SECONDS = 0.5


@contextmanager
def run_lock(settings: Settings, patience_seconds: float = 0.0, *, is_restore: bool = False) -> Iterator[None]:
    """Hold the state against a second run. Raises TollhouseError, naming the running one, when the waiting time is over,
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
                    f"another run is in progress on {settings.home} ({holder}); wait for it, or use another TOLLHOUSE_HOME"
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
        return not _try_lock(lock)  # released when the file is closed


def _lock_file(settings: Settings) -> IO[str]:
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        return settings.lock_path.open("a+", encoding="utf-8")
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
