"""What holds for all tests: runs in this process have their gates evaluated in it, the day is one after all their files, and
no test logs to where an earlier one did. And which tests are slow, so that they begin first and `make test-fast` can leave them out.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from orchestration.runs import running_with
from tests.in_process_gates import InProcessGateRunner
from tests.quick_libraries import make_libraries_quick

#: A test makes whole runs where its module takes something from one of these, or where it has one of the fixtures.
RUN_MODULES = {
    "tests.integration.harness",
    "tests.robustness.branch",
    "tests.robustness.package_branch",
    "tests.torture.commands",
    "tests.torture.meaning",
}
RUN_FIXTURES = {"ran", "ran_copy", "whole"}
#: Whose tests share the demo city and its first run.
CITY_FOLDER = "tests/integration/"
#: What takes more than a minute of a processor, longest first: begun last, it would leave the other processes idle at the end.
LONGEST = (
    CITY_FOLDER,
    "tests/defs/test_every_click.py",
    "tests/torture/test_whole_runs.py",
    "tests/robustness/test_blocked_editions.py",
    "tests/rerating/test_rerate_packages.py",
    "tests/robustness/test_settlements.py",
    "tests/robustness/test_packages.py",
    "tests/robustness/test_recycling.py",
)

_now: list[pytest.Item] = []


class ByCity(LoadFileScheduling):  # type: ignore[misc]
    """Deals out tests file by file, and all of the city's files to one process."""

    def _split_scope(self, nodeid: str) -> str:
        return CITY_FOLDER if nodeid.startswith(CITY_FOLDER) else str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByCity | None:
    """For `--dist loadfile`. (xdist's own groups go unseen: it marks a test's id in a place that pytest no longer reads.)"""
    return ByCity(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whole runs and have them begin first."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & RUN_FIXTURES or _takes_from_runs(getattr(item, "module", None)):
            item.add_marker(pytest.mark.whole_run)
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """The longest files in their order, then the others with whole runs, then the rest."""
    if item.get_closest_marker("whole_run") is None:
        return len(LONGEST) + 1
    places = (place for place, begin in enumerate(LONGEST) if item.nodeid.startswith(begin))
    return next(places, len(LONGEST))


def _takes_from_runs(module: ModuleType | None) -> bool:
    values = [] if module is None else vars(module).values()
    names = {value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "") for value in values}
    return bool(names & RUN_MODULES)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Keep which test is at work."""
    _now[:] = [item]


def _resources() -> dict[str, object]:
    """The gates judged in this process; and a test that makes a whole run and is not marked would make `make test-fast` slow."""
    (item,) = _now
    assert item.get_closest_marker("whole_run"), f"{item.nodeid} makes a whole run: mark it with whole_run"
    return {"gate_runner": InProcessGateRunner()}


@pytest.fixture(scope="session", autouse=True)
def runs_of_tests() -> Iterator[None]:
    """For every run within the tests' own process."""
    with pytest.MonkeyPatch.context() as patch:

        @cache
        def libraries_made_quick() -> None:
            make_libraries_quick(patch)

        def resources() -> dict[str, object]:
            libraries_made_quick()  # by the first run: importing them takes seconds that most tests need not wait
            return _resources()

        with running_with(resources):
            yield


@pytest.fixture(scope="session", autouse=True)
def environment_of_tests() -> Iterator[None]:
    """Files dated after the machine's day are held: a clock that is behind must not change what the tests see."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOLLHOUSE_TODAY", "2026-11-28")
        patch.setenv("DAGSTER_EVENT_BATCH_SIZE", "1000")  # as the command sets it
        yield


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A server started in this process logs to the standard error of its day, which is closed when the next test logs."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
