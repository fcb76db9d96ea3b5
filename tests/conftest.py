"""What holds for all tests: runs in this process have their gates judged in it, the day is one after all their files, and
no test logs to where an earlier one did."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from orchestration.defs import resources
from tests.gates_here import GatesHere


@pytest.fixture(scope="session", autouse=True)
def gates_judged_here() -> Iterator[None]:
    """For every run within the tests' own process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resources, "GateProcess", GatesHere)
        patch.setenv("DAGSTER_EVENT_BATCH_SIZE", "1000")  # as the command sets it
        yield


@pytest.fixture(scope="session", autouse=True)
def day_after_all_files() -> Iterator[None]:
    """Files dated after the machine's day are held: a clock that is behind must not change what the tests see."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOLLHOUSE_TODAY", "2026-11-28")
        yield


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A server started in this process logs to the standard error of its day, which is closed when the next test logs."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
