"""The errors of the runs in this process, as they were raised: Dagster keeps a failure as text, a command needs the error itself,
for its exit code and its words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from orchestration.errors import GatesBlocked
from orchestration.runtime.run_record import note_end, one_line_of
from orchestration.settings import Settings
from orchestration.state.engine_errors import explained

_failures: list[list[BaseException]] = []


@contextmanager
def collected_failures() -> Iterator[list[BaseException]]:
    """Within, the exceptions that runs in this process end with, as they were raised."""
    _failures.append([])
    try:
        yield _failures[-1]
    finally:
        _failures.pop()


def note_failure(settings: Settings, run_id: str, error: BaseException) -> None:
    """Keep the error for the running command, and with the record of the run: where an engine cannot read, the file that is
    damaged. The run lock must be held.
    """
    error = explained(settings, error) or error
    if _failures:
        _failures[-1].append(error)
    if not isinstance(error, GatesBlocked):  # the step that blocks has kept more about it
        note_end(settings, run_id, "failed", one_line_of(error))
