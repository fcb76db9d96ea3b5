"""The progress of a run, reported to a terminal or to nobody. Assets report here; the commands decide how it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Reporter(Protocol):
    """Listens to a run."""

    def step(self, name: str) -> None:
        """A step begins; the one before has ended."""

    def detail(self, done: int, total: int, label: str) -> None:
        """Progress within the step."""

    def warn(self, text: str) -> None:
        """Something that people should know and that does not stop the run."""


class Silent:
    """A reporter that shows nothing."""

    def step(self, name: str) -> None:
        """Nothing."""

    def detail(self, done: int, total: int, label: str) -> None:
        """Nothing."""

    def warn(self, text: str) -> None:
        """Nothing."""


_current: list[Reporter] = [Silent()]
_run_ids: list[str] = []


def reporter() -> Reporter:
    """The reporter of the run in progress in this process."""
    return _current[-1]


@contextmanager
def reporting_to(listener: Reporter | None) -> Iterator[None]:
    """Within, `reporter()` is the listener."""
    _current.append(listener or Silent())
    try:
        yield
    finally:
        _current.pop()


def current_run_id() -> str | None:
    """The id of the run in progress in this process; None where none is."""
    return _run_ids[-1] if _run_ids else None


@contextmanager
def within_run(run_id: str) -> Iterator[None]:
    """Within, `current_run_id()` is this run's."""
    _run_ids.append(run_id)
    try:
        yield
    finally:
        _run_ids.pop()
