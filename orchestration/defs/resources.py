"""The one resource of a run: settings, ledger, book, and the lock that keeps a second run away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime

import dagster as dg
import duckdb
from pydantic import PrivateAttr

from orchestration.errors import UsageError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.reference_book.reading import ReferenceBook, read_reference_book
from orchestration.runtime.gate_process import GateProcess
from orchestration.runtime.progress import reporter
from orchestration.runtime.run_failures import note_failure
from orchestration.runtime.run_lock import run_lock
from orchestration.runtime.run_record import RunRecord
from orchestration.settings import Settings
from orchestration.state.checks import refuse_lost_state
from orchestration.state.places import refuse_unfit_places
from orchestration.storage.file_modes import keep_private
from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.raw.raw_schema import RunFacts

WAREHOUSE_POOL = "duckdb"

# The job that takes files in and judges them between the runs that publish; last_run.json stays that of the last such run.
INTAKE_JOB = "tollhouse_intake"

# What Dagster's daemon starts waits for the run at work; what a person starts is told of it at once.
_STARTED_BY_ITSELF = {"dagster/sensor_name", "dagster/schedule_name"}
_PATIENCE_SECONDS = 3600.0

_AT_WORK = (dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)


class BillingRun(dg.ConfigurableResource):  # type: ignore[type-arg]
    """One run over the branch: where its state is, what it stands on. Held from the run's first step to its last."""

    as_of: str | None = None

    _settings: Settings = PrivateAttr()
    _ledger: FileLedger = PrivateAttr()
    _book: ReferenceBook = PrivateAttr()
    _is_recorded: bool = PrivateAttr(default=True)
    _gates: GateProcess | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[BillingRun]:
        """Take the lock, read and check the reference book, open the ledger; let go of all at the run's end."""
        self._settings = Settings.from_environment()
        keep_private(self._settings)
        self.as_of_date()
        run = context.run
        self._is_recorded = run is None or run.job_name != INTAKE_JOB
        patience = _PATIENCE_SECONDS if run is not None and _STARTED_BY_ITSELF & run.tags.keys() else 0.0
        with run_lock(self._settings, patience), ExitStack() as stack:
            if context.instance is not None:
                _end_killed_runs(context.instance, context.run_id or "")
            try:
                self._prepare(stack, context.run_id)
            except Exception as error:
                # Before its first step Dagster says of a failure only that there was one.
                note_failure(self._settings, context.run_id or "", error)
                raise
            try:
                yield self
            finally:
                if self._gates is not None:
                    self._gates.end()
                    self._gates = None

    def _prepare(self, stack: ExitStack, run_id: str | None) -> None:
        """Read the book, begin the run's record, open the ledger; nothing is pulled before the state is found whole."""
        refuse_unfit_places(self._settings)
        self._book = read_reference_book(self._settings.reference)
        record = RunRecord(
            run_id=run_id or "",
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
            as_of=self.as_of,
        )
        if self._is_recorded:
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
    def is_recorded(self) -> bool:
        """Whether the run has a record in last_run.json: every run but one of the intake alone."""
        return self._is_recorded

    def as_of_date(self) -> date | None:
        """The date asked for, None for the newest date among the registered files."""
        if self.as_of is None:
            return None
        try:
            return date.fromisoformat(self.as_of)
        except ValueError:
            raise UsageError(f"--as-of: '{self.as_of}' is no date; write it like 2026-05-20") from None

    def gates(self) -> GateProcess:
        """The process that judges this run's gates; started by the first who asks, best a few seconds before it is needed."""
        if self._gates is None:
            self._gates = GateProcess()
        return self._gates

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, open for this step."""
        with open_warehouse(self._settings) as con:
            yield con

    @staticmethod
    def facts(con: duckdb.DuckDBPyConnection) -> RunFacts:
        """What this run stands on, as its first step laid it down."""
        row = con.execute("select as_of, first_billing_period from raw.run_facts").fetchone()
        assert row is not None
        return RunFacts(*row)


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
