"""Asking a store again after failures that may pass: how often, and how long to wait."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from orchestration.ingestion.stores.base import Store

T = TypeVar("T")

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 20.0


def pause_seconds(failures: int) -> float:
    """How long to wait after so many failures in a row: doubling, bounded, and not the same for everyone at once."""
    longest: float = min(FIRST_PAUSE_SECONDS * 2.0 ** (failures - 1), LONGEST_PAUSE_SECONDS)
    return longest * random.uniform(0.5, 1.0)


def with_retries(store: Store, ask: Callable[[], T], folder: str | None = None) -> T:
    """The answer, requested again after temporary failures, at most `retries` times. Raises the last failure.

    After the last one the server is given up for this pull, or every source on it would wait as long; but not where it
    still lists `folder`: then it was this one question.
    """
    failures = 0
    while True:
        try:
            return ask()
        except Exception as error:  # noqa: BLE001  raised again there, where it is not to be tried again
            failures += 1
            pause_or_raise(store, error, failures, folder)


def pause_or_raise(store: Store, error: Exception, failures: int, folder: str | None) -> None:
    """Wait before another try after this many failures in a row, or raise the error where no more tries are left."""
    if store.down is not None:
        raise error
    store.disconnect()
    if store.is_permanent(error):
        raise error
    if failures <= store.access.retries and store.access.is_remote:
        time.sleep(pause_seconds(failures))
        return
    if store.access.is_remote and not _still_lists(store, folder):
        store.down = error
    raise error


def _still_lists(store: Store, folder: str | None) -> bool:
    if folder is None:
        return False
    try:
        store.items(folder)
    except Exception:  # noqa: BLE001  each driver has its own errors; here each of them means no
        return False
    return True
