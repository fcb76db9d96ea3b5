"""Running the job from a command: one run in this process, through Dagster, and closing or reopening a period around it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import GatesBlocked, TollhouseError, UsageError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.publishing.reading import edition_folders
from orchestration.reference_book.reading import read_reference_book
from orchestration.runtime.progress import Reporter, Silent, reporting_to, within_run
from orchestration.runtime.run_failures import collected_failures
from orchestration.runtime.run_lock import run_lock
from orchestration.runtime.run_record import load_record, note_end, one_line_of
from orchestration.settings import Settings
from orchestration.state.checks import refuse_lost_state
from orchestration.state.dagster_history import is_of_history, set_aside, set_damaged_aside
from orchestration.state.places import refuse_unfit_places
from orchestration.warehouse.closed.closing import (
    FrozenPeriod,
    FrozenTotal,
    check_period,
    freeze_period,
    frozen_totals,
    refuse_closing,
)
from orchestration.warehouse.closed.frozen_figures import closed_periods
from orchestration.warehouse.closed.reopening import ReopenedPeriod, is_reopened, refuse_reopening, reopen_closed
from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.planning.run_signature import stands_as_published

if TYPE_CHECKING:
    import dagster as dg

#: The module that Dagster loads, by whose name it knows the code location; and the job of the whole run.
CODE_LOCATION = "orchestration.definitions"
RUN_JOB = "tollhouse_run"

_DAGSTER_YAML = """\
# Written by tollhouse. One writer at a time: whatever touches the warehouse is in the pool duckdb, limited to 1.
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    default_limit: 1
    granularity: op
run_coordinator:
  module: dagster._core.run_coordinator
  class: QueuedRunCoordinator
event_log_storage:
  module: orchestration.runtime.event_log
  class: SharedEngineEventLog
  config:
    base_dir: {base_dir}
"""


@dataclass(frozen=True)
class RunOutcome:
    """The result of a run. `status` is published, nothing_new or blocked; `steps` are names with seconds."""

    status: str
    edition: str | None
    edition_path: Path | None
    blocked_path: Path | None
    as_of: date | None
    problems: list[str]
    figures: dict[str, str]
    rebuilt_days: dict[str, str] = field(default_factory=dict)
    steps: list[tuple[str, float]] = field(default_factory=list)


class _Timed:
    """Passes on to a reporter, and keeps how long each step took."""

    def __init__(self, listener: Reporter | None) -> None:
        self.listener = listener
        self.steps: list[tuple[str, float]] = []
        self._begun: tuple[str, float] | None = None

    def step(self, name: str) -> None:
        """End the step before and begin this one."""
        self.end()
        self._begun = (name, time.monotonic())
        if self.listener is not None:
            self.listener.step(name)

    def end(self) -> None:
        """End the last step."""
        if self._begun is not None:
            self.steps.append((self._begun[0], round(time.monotonic() - self._begun[1], 2)))
            self._begun = None

    def detail(self, done: int, total: int, label: str) -> None:
        """Pass on."""
        if self.listener is not None:
            self.listener.detail(done, total, label)

    def warn(self, text: str) -> None:
        """Pass on."""
        if self.listener is not None:
            self.listener.warn(text)


def prepare_dagster_home(settings: Settings) -> Path:
    """Dagster's folder with its configuration."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    configuration = home / "dagster.yaml"
    text = _DAGSTER_YAML.format(base_dir=json.dumps(str(home / "history" / "runs")))
    if not configuration.is_file() or configuration.read_bytes() != text.encode():
        configuration.write_text(text, encoding="utf-8")
    return home


_resources: Callable[[], Mapping[str, object]] = dict


@contextmanager
def running_with(resources: Callable[[], Mapping[str, object]]) -> Iterator[None]:
    """Within, each run of this process takes what `resources` returns at its start in place of the job's resources of the same name.

    It is how tests reach the `resource_overrides` of `build_defs` in a run that a command starts.
    """
    global _resources
    before, _resources = _resources, resources
    try:
        yield
    finally:
        _resources = before


def run_once(settings: Settings, *, as_of: date | None = None, reporter: Reporter | None = None) -> RunOutcome:
    """One run of the whole job: pull, load, gate, build, check, publish.

    Raises TollhouseError (or UsageError) as the step that failed raised it. A run that the release gates blocked is an
    outcome of status blocked. Nothing is done, and said so, where an edition of exactly this stands already.
    """
    timed = _Timed(reporter)
    refuse_unfit_places(settings)
    with run_lock(settings):
        # Reports at once, in plain words, that another run is in progress or the book has faults; the job checks both itself.
        read_reference_book(settings.reference)
        _warn_of_history(timed, set_damaged_aside(settings))
    timed.step("start")
    try:
        result, failures = _execute(settings, as_of, timed)
        broken = next(filter(is_of_history, failures), None)
    except Exception as error:
        if not is_of_history(error):
            raise
        broken = error
    if broken is not None:  # a run goes on from what the one before has kept, so this one can be begun again
        with run_lock(settings):
            _warn_of_history(timed, set_aside(settings))
        result, failures = _execute(settings, as_of, timed)
    run_id = result.run_id
    timed.end()
    for failure in failures:
        if not isinstance(failure, GatesBlocked):
            raise failure
    record = load_record(settings)
    if record is None or record.run_id != result.run_id:
        with run_lock(settings):
            pass  # another run began while this one was starting: report it as if it had been first
    if record is None or record.run_id != result.run_id or record.status not in ("published", "nothing_new", "blocked"):
        events = [event.message or "" for event in result.all_events if event.is_failure]
        why = "; ".join(events) or "Dagster gave no reason"
        note_end(settings, run_id, "failed", why)
        raise TollhouseError(f"the run failed: {why}")
    return RunOutcome(
        status=record.status,
        edition=record.edition,
        edition_path=settings.home / record.edition_path if record.edition_path else None,
        blocked_path=settings.home / record.blocked_path if record.blocked_path else None,
        as_of=date.fromisoformat(record.as_of) if record.as_of else None,
        problems=record.problems,
        figures=record.figures,
        rebuilt_days=record.rebuilt_days,
        steps=timed.steps,
    )


def _execute(
    settings: Settings, as_of: date | None, timed: _Timed
) -> tuple[dg.ExecuteInProcessResult, list[BaseException]]:
    """Run the job in this process: Dagster's result, and the errors as they were raised."""
    home = prepare_dagster_home(settings)
    import dagster as dg
    from dagster._core.utils import make_new_run_id

    from orchestration.definitions import build_defs

    # What matters of a run is raised or is in its history. Dagster sets the level of "dagster" again for its console.
    for quiet in ("dagster", "dagster._core"):
        logging.getLogger(quiet).setLevel(logging.CRITICAL)
    configuration: dict[str, object] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    if as_of is not None:
        configuration["resources"] = {"run_options": {"config": {"as_of": as_of.isoformat()}}}
    run_id = make_new_run_id()
    with (
        reporting_to(timed),
        within_run(run_id),
        dg.DagsterInstance.from_config(str(home)) as instance,
        collected_failures() as failures,
    ):
        _note_origin(instance)
        try:
            result = (
                build_defs(settings, _resources())
                .resolve_job_def(RUN_JOB)
                .execute_in_process(run_config=configuration, instance=instance, raise_on_error=False, run_id=run_id)
            )
        except Exception as error:
            note_end(settings, run_id, "failed", one_line_of(error))
            raise
        except BaseException:
            note_end(settings, run_id, "stopped")
            raise
        return result, failures


def _note_origin(instance: dg.DagsterInstance) -> None:
    """Have the run that is created next say which job of which code location it is of, as runs of the daemon do: by that Dagster's
    UI finds it for the timeline and for the job's page."""
    from dagster._core.remote_origin import (
        ManagedGrpcPythonEnvCodeLocationOrigin,
        RemoteJobOrigin,
        RemoteRepositoryOrigin,
    )
    from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

    location = ManagedGrpcPythonEnvCodeLocationOrigin(LoadableTargetOrigin(module_name=CODE_LOCATION), CODE_LOCATION)
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(location, "__repository__"), RUN_JOB)
    instance.create_run_for_job = partial(instance.create_run_for_job, remote_job_origin=origin)  # type: ignore[method-assign]


def _warn_of_history(timed: _Timed, aside: list[Path]) -> None:
    for folder in aside:
        timed.warn(
            f"Dagster's history was damaged; it is now {folder}, and a new one is begun. No figure depends on it"
        )


def close_period(
    settings: Settings, period: str, *, reporter: Reporter | None = None
) -> tuple[FrozenPeriod, RunOutcome]:
    """Close a billing period: bring the edition up to date, freeze the period's calls, lines and bills, publish again. Returns what
    was frozen and the outcome of the last run.

    Whether it can be closed is checked by the warehouse as it stands before anything is run, so that a refusal changes nothing;
    and again by what the run gave. Held files of the period are left out and named. Raises UsageError where the period is not
    one, and TollhouseError where it may not be closed now (not ended, an earlier one open, closed already, nothing published
    yet) or the gates block the edition that would be frozen.
    """
    refuse_to_close(settings, period)
    outcome = run_once(settings, reporter=reporter)
    if outcome.status == "blocked":
        raise GatesBlocked(
            f"period {period} stays open: the release gates block the edition; see {outcome.blocked_path}"
        )
    with run_lock(settings), FileLedger(settings.ledger_path) as ledger, open_warehouse(settings) as con:
        if not stands_as_published(con, outcome.edition):
            raise TollhouseError(
                f"period {period} stays open: another run has begun to build tables since edition {outcome.edition} was published; "
                f"`tollhouse close {period}` once more when it has ended"
            )
        frozen = freeze_period(con, settings, ledger, period)
    if frozen.left_out and reporter is not None:
        names = ", ".join(entry.file_name for entry in frozen.left_out)
        reporter.warn(
            f"period {period} is closed without what is held: {names}; once let in, it is billed in an open period"
        )
    return frozen, run_once(settings, reporter=reporter)


def refuse_to_close(settings: Settings, period: str) -> None:
    """Raise, as `close_period` does, where a period may not be closed with the home as it stands; nothing is changed."""
    check_period(period)
    refuse_unfit_places(settings)
    if not settings.warehouse_path.is_file():
        is_lost = bool(edition_folders(settings.published))
        lacking = f"{settings.warehouse_path} is gone" if is_lost else "nothing is published yet"
        raise TollhouseError(f"period {period} cannot be closed: {lacking}; `tollhouse run` first")
    with (
        run_lock(settings),
        FileLedger(settings.ledger_path, read_only=True) as ledger,
        open_warehouse(settings) as con,
    ):
        refuse_closing(con, period, is_reopened=is_reopened(ledger, period))


@dataclass(frozen=True)
class Reopening:
    """A reopening and the runs around it: `edition_before` is the one that stood, brought up to date, `run` what came of the next."""

    reopened: ReopenedPeriod
    edition_before: str
    run: RunOutcome


def reopen_period(settings: Settings, period: str, why: str, *, reporter: Reporter | None = None) -> Reopening:
    """Reopen the newest closed period: bring the edition up to date, take the closing back, compute and publish the period anew.

    The run before shows that the gates let an edition pass, so that what differs afterwards is the reopening's. Where they block
    the run after it, the reopening stands: nothing is published, and a later run that they let pass publishes it. Raises UsageError
    where the period is not one or a reason lacks, and TollhouseError where it is not closed, a newer one is, its frozen figures are
    damaged, or the gates block the edition before anything is reopened.
    """
    if not why.strip():
        raise UsageError("give the reason (--why TEXT): a reopening is kept with it")
    refuse_to_reopen(settings, period)
    before = run_once(settings, reporter=reporter)
    if before.status == "blocked" or before.edition is None:
        raise GatesBlocked(
            f"period {period} stays closed: the release gates block the edition; see {before.blocked_path}"
        )
    listener = reporter or Silent()
    with run_lock(settings), FileLedger(settings.ledger_path) as ledger:
        refuse_lost_state(settings, ledger, listener.warn)
        with open_warehouse(settings) as con:
            reopened = reopen_closed(con, settings, ledger, period, why.strip())
    return Reopening(reopened, before.edition, run_once(settings, reporter=reporter))


def refuse_to_reopen(settings: Settings, period: str) -> None:
    """Raise, as `reopen_period` does, where a period may not be reopened with the home as it stands; nothing is changed."""
    check_period(period)
    refuse_unfit_places(settings)
    with FileLedger(settings.ledger_path, read_only=True) as ledger, run_lock(settings):
        refuse_reopening(ledger, period)


def frozen_period(settings: Settings, period: str) -> list[FrozenTotal]:
    """What is frozen of a closed period, from the warehouse; nothing is changed. Raises TollhouseError where it does not hold it."""
    with run_lock(settings), open_warehouse(settings) as con:
        if period not in closed_periods(con):
            raise TollhouseError(
                f"{settings.warehouse_path} does not hold the closed period {period}; `tollhouse run` fills it from the files of the "
                "closing"
            )
        return frozen_totals(con, period)
