"""The facts of health and metrics, read from pointer, manifest, last run's record and ledger. Figures and ids only."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from orchestration.alerting.outbox import count_waiting
from orchestration.errors import TollhouseError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.publishing.manifest import EditionError
from orchestration.publishing.reading import EditionFolder, current_edition, lost_pointer
from orchestration.runtime.run_lock import is_run_at_work
from orchestration.runtime.run_record import ending, load_record
from orchestration.settings import Settings

RUN_STATUSES = ("running", "published", "nothing_new", "blocked", "failed", "stopped", "unfinished")


@dataclass(frozen=True)
class LastRun:
    """The last run that publishes, or the running one."""

    run_id: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    unreachable: int  # sources and files that could not be read

    @property
    def seconds(self) -> float | None:
        """Its duration; None while it runs, and where it was killed."""
        return None if self.ended_at is None else (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True)
class Facts:
    """The facts at one time. `fault` is a sentence without paths about why the edition cannot be read; None where it can."""

    looked_at: datetime
    edition: EditionFolder | None = None
    fault: str | None = None
    last_run: LastRun | None = None
    files: Mapping[tuple[str, str], int] = field(default_factory=dict)
    newest_file_at: datetime | None = None
    alerts_waiting: int = 0
    unreadable: tuple[str, ...] = ()  # which of ledger, run record and alerts could not be read

    @property
    def edition_age_seconds(self) -> float | None:
        """Since the edition was built."""
        return (
            None
            if self.edition is None
            else max(0.0, (self.looked_at - self.edition.manifest.built_moment).total_seconds())
        )


def look(settings: Settings, now: datetime | None = None) -> Facts:
    """Everything as it is now. What cannot be read is named, and stops nothing else."""
    unreadable = []
    edition, fault = _edition(settings)
    last_run = None
    try:
        last_run = _last_run(settings)
    except (OSError, ValueError, TypeError, TollhouseError):
        unreadable.append("run_record")
    files: Mapping[tuple[str, str], int] = {}
    newest = None
    if settings.ledger_path.is_file():
        try:
            with FileLedger(settings.ledger_path, read_only=True) as ledger:
                files, newest = ledger.status_counts(), ledger.newest_seen_at()
        except (sqlite3.Error, TollhouseError):
            unreadable.append("ledger")
    waiting = 0
    try:
        waiting = count_waiting(settings)
    except sqlite3.Error:
        unreadable.append("alerts")
    return Facts(
        looked_at=now or datetime.now(UTC),
        edition=edition,
        fault=fault,
        last_run=last_run,
        files=files,
        newest_file_at=None if newest is None else datetime.fromisoformat(newest),
        alerts_waiting=waiting,
        unreadable=tuple(unreadable),
    )


def _edition(settings: Settings) -> tuple[EditionFolder | None, str | None]:
    """The current edition if all its files exist, else the reason."""
    try:
        edition = current_edition(settings.published)
        if edition is None:
            if lost_pointer(settings.published) is not None:
                return None, "current.json is gone, though editions are there; see `tollhouse doctor`"
            return None, "no edition is published yet"
        for file in edition.manifest.files:
            if not edition.path_of(file).is_file():
                return None, f"edition {edition.edition}: {file.path} is missing; see `tollhouse doctor`"
    except (EditionError, OSError):
        return None, "the published edition cannot be read; see `tollhouse doctor`"
    return edition, None


def _last_run(settings: Settings) -> LastRun | None:
    record = load_record(settings)
    if record is None:
        return None
    status, _ = ending(record, is_run_at_work(settings))
    return LastRun(
        run_id=record.run_id,
        status=status,
        started_at=datetime.fromisoformat(record.started_at),
        ended_at=None if record.ended_at is None else datetime.fromisoformat(record.ended_at),
        unreachable=len(record.unreachable),
    )
