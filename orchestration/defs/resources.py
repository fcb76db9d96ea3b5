"""The resources of a run: settings, ledger, book, the lock that keeps a second run away, and the process of its gates."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from typing import Any, Self

import dagster as dg
import duckdb
from pydantic import PrivateAttr

from expectations.results import GateResult
from orchestration.errors import TollhouseError, UsageError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.reference_book.reading import ReferenceBook, read_reference_book
from orchestration.runtime.gate_process import GateProcess
from orchestration.runtime.progress import reporter
from orchestration.runtime.run_failures import note_failure
from orchestration.runtime.run_lock import run_lock
from orchestration.runtime.run_record import RunRecord, update_record
from orchestration.settings import Settings
from orchestration.state.checks import refuse_lost_state
from orchestration.state.places import refuse_unfit_places
from orchestration.storage.file_modes import keep_private
from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.planning.run_signature import forget_published
from orchestration.warehouse.raw.raw_schema import RunFacts

WAREHOUSE_POOL = "duckdb"

# The job that takes in and checks files between the runs that publish; last_run.json stays that of the last publishing run.
INTAKE_JOB = "tollhouse_intake"

# A run that Dagster's daemon starts waits for the running one; a run that a person starts is refused at once.
_STARTED_BY_ITSELF = {"dagster/sensor_name", "dagster/schedule_name"}
_PATIENCE_SECONDS = 3600.0

_AT_WORK = (dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)


class RunOptions(dg.ConfigurableResource):  # type: ignore[type-arg]
    """What a person may ask of one run: in the launchpad `resources: {run_options: {config: {as_of: "2026-05-20"}}}`."""

    as_of: str | None = None


class BillingRun(dg.ConfigurableResource):  # type: ignore[type-arg]
    """One run over the branch: its state and its inputs. Held from the run's first step to its last.

    Its configuration is the run's settings (`Settings.run_values`).
    """

    home: str
    reference: str
    sources_file: str | None = None
    memory_limit: str | None = None
    threads: int
    first_billing_period: str | None = None
    time_zone: str
    today: str | None = None
    group: str | None = None
    dagster_url: str = Settings.dagster_url
    site_calls: str = Settings.site_calls
    run_options: RunOptions
    asset_count: int = 0  # the number of a whole run; with fewer it is a run of some assets only

    _settings: Settings = PrivateAttr()
    _ledger: FileLedger = PrivateAttr()
    _book: ReferenceBook = PrivateAttr()
    _is_whole: bool = PrivateAttr(default=True)
    _unreachable: list[str] | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, settings: Settings, asset_count: int, run_options: Any) -> Self:
        """The resource for a run with these settings."""
        values: dict[str, Any] = settings.run_values
        return cls(**values, asset_count=asset_count, run_options=run_options)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Self]:
        """Take the lock, read and check the reference book, open the ledger; release all at the run's end."""
        with ExitStack() as stack:
            try:
                self._begin(context, stack)
            except TollhouseError as error:
                # In plain words: what ends a resource Dagster shows behind a trace of calls.
                if context.log is not None:
                    context.log.error(str(error))
                raise
            yield self

    def _begin(self, context: dg.InitResourceContext, stack: ExitStack) -> None:
        self._settings = Settings.of_run(self.model_dump(exclude={"run_options"}))
        keep_private(self._settings)
        self.as_of_date()
        run = context.run
        selected = len(run.asset_selection or ()) if run is not None else 0
        is_of_checks = run is not None and not selected and bool(run.asset_check_selection)
        is_intake = run is not None and run.job_name == INTAKE_JOB
        self._is_whole = not is_of_checks and not is_intake and selected in (0, self.asset_count)
        patience = _PATIENCE_SECONDS if run is not None and _STARTED_BY_ITSELF & run.tags.keys() else 0.0
        stack.enter_context(run_lock(self._settings, patience))
        if context.instance is not None:
            _end_killed_runs(context.instance, context.run_id or "")
        try:
            self._prepare(stack, context.run_id)
        except Exception as error:
            # Before the first step Dagster reports only that there was a failure.
            note_failure(self._settings, context.run_id or "", error)
            raise

    def _prepare(self, stack: ExitStack, run_id: str | None) -> None:
        """Read the book, begin the run's record, open the ledger; nothing is pulled before the state is found complete."""
        refuse_unfit_places(self._settings)
        self._book = read_reference_book(self._settings.reference)
        record = RunRecord(
            run_id=run_id or "",
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
            as_of=self.run_options.as_of,
        )
        if self._is_whole:
            record.save(self._settings)
        self._ledger = stack.enter_context(FileLedger(self._settings.ledger_path, run_id=run_id))
        refuse_lost_state(self._settings, self._ledger, reporter().warn)

    @property
    def settings(self) -> Settings:
        """The settings read when the run began."""
        return self._settings

    @property
    def ledger(self) -> FileLedger:
        """The file ledger, open for writing."""
        return self._ledger

    @property
    def book(self) -> ReferenceBook:
        """The reference book, checked."""
        return self._book

    @property
    def is_whole(self) -> bool:
        """Whether this is a run to a published edition, and not a run of some assets or checks only, or of the intake."""
        return self._is_whole

    @property
    def unreachable(self) -> list[str] | None:
        """The sources and files that this run could not read; None where it has pulled none."""
        return self._unreachable

    def note_unreachable(self, found: list[str]) -> None:
        """Keep what this run could not read, for its checks."""
        self._unreachable = found

    def note(self, **values: Any) -> None:
        """Set fields of the run's record in last_run.json. A run of some assets only, or of the intake, has none."""
        if self._is_whole:
            update_record(self._settings, **values)

    @staticmethod
    def begin_building(con: duckdb.DuckDBPyConnection) -> None:
        """Called before a table of the warehouse is built: until a run publishes, the next whole run builds everything, also
        where this one fails or is of some assets only."""
        forget_published(con)

    def as_of_date(self) -> date | None:
        """The requested as-of date; None for the newest date among the registered files."""
        if self.run_options.as_of is None:
            return None
        try:
            return date.fromisoformat(self.run_options.as_of)
        except ValueError:
            raise UsageError(
                f"--as-of: '{self.run_options.as_of}' is not a valid date; write it like 2026-05-20"
            ) from None

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, open for this step."""
        with open_warehouse(self._settings) as con:
            yield con

    @staticmethod
    def facts(con: duckdb.DuckDBPyConnection) -> RunFacts:
        """The facts of this run, as its first step kept them. Raises TollhouseError before the first run."""
        try:
            row = con.execute("select as_of, first_billing_period from raw.run_facts").fetchone()
        except duckdb.CatalogException:
            row = None
        if row is None:
            raise TollhouseError("nothing is built in the warehouse yet: launch the job tollhouse_run first")
        return RunFacts(*row)


class GateRunner(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Evaluates the gates of a run in a separate process."""

    _process: GateProcess | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Self]:
        """End the process with the run, whatever it is doing."""
        try:
            yield self
        finally:
            if self._process is not None:
                self._process.end()
                self._process = None

    def start(self, settings: Settings) -> GateProcess:
        """The process for the gates of a run's warehouse; best started a few seconds before it is needed."""
        if self._process is None:
            self._process = self.new_process(settings)
        return self._process

    def evaluate(self, settings: Settings, suites: Sequence[str]) -> list[GateResult]:
        """The results of these suites, in order. Nothing else may hold the warehouse open meanwhile. Raises TollhouseError."""
        return self.start(settings).evaluate(suites)

    def new_process(self, settings: Settings) -> GateProcess:
        """A new process; tests replace it."""
        return GateProcess(settings)


@contextmanager
def plain_refusal(billing_run: BillingRun) -> Iterator[None]:
    """In this context an error with a message for people ends a run of some assets, or of the intake, with that message only,
    without a traceback. A whole run's error is raised as it is: the command that started it shows it."""
    try:
        yield
    except TollhouseError as error:
        if billing_run.is_whole:
            raise
        raise dg.Failure(str(error), allow_retries=False) from None


def _end_killed_runs(instance: dg.DagsterInstance, run_id: str) -> None:
    """Give back what runs that were killed still hold of the pool, and show them as failed.

    Dagster keeps a step's place in the pool with the run, not with its process: a run that was killed would keep it for
    ever, and every run after it would wait. Whoever holds the run lock knows that no other run is alive.
    """
    storage = instance.event_log_storage
    if not storage.supports_global_concurrency_limits:
        return
    for other_id in storage.get_concurrency_run_ids() - {run_id}:
        storage.free_concurrency_slots_for_run(other_id)
        other = instance.get_run_by_id(other_id)
        if other is not None and other.status in _AT_WORK:
            instance.report_run_failed(other, "the process of this run ended before the run did: it was killed")
