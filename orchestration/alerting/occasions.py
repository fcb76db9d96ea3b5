"""What people must be alerted to now, by the record of the last run and the file ledger. Whether it was sent is not known here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from orchestration.ledger.file_ledger import SAME_CONTENT, FileLedger
from orchestration.printable import one_line
from orchestration.runtime.run_lock import is_run_at_work
from orchestration.runtime.run_record import RunRecord, ending, load_record
from orchestration.settings import Settings

RUN_FAILED = "run_failed"
EDITION_BLOCKED = "edition_blocked"
FILE_HELD = "file_held"
FILE_REJECTED = "file_rejected"
NOTHING_CAME = "nothing_came"
TEST = "test"

_MOST_TEXT = 300


@dataclass(frozen=True)
class Occasion:
    """One reason for an alert. Its key differs each time that it happens; `since` is UTC, ISO. Facts are short texts."""

    kind: str
    key: str
    since: str
    facts: dict[str, str] = field(default_factory=dict)


def find_occasions(settings: Settings, watching_since: str, now: datetime | None = None) -> list[Occasion]:
    """All occasions of now, sent or not. `watching_since`: nothing can be late before that time.

    Raises TollhouseError or sqlite3.Error where ledger or record cannot be read.
    """
    found = list(_of_the_run(settings, load_record(settings)))
    newest = None
    if settings.ledger_path.is_file():
        with FileLedger(settings.ledger_path, read_only=True) as ledger:
            found += _of_the_files(ledger)
            newest = ledger.newest_seen_at()
    return [*found, *_of_what_is_missing(settings, max(newest or "", watching_since), now or datetime.now(UTC))]


def run_failed(run_id: str, since: str, error: str) -> Occasion:
    """The failure of a run, from any source: the same run is the same occasion."""
    return Occasion(RUN_FAILED, f"{RUN_FAILED} {run_id}", since, {"run_id": run_id, "error": _short(error)})


def _of_the_run(settings: Settings, record: RunRecord | None) -> Iterator[Occasion]:
    if record is None:
        return
    status, ended_by = ending(record, is_run_at_work(settings))
    since = record.ended_at or record.started_at
    if status in ("failed", "unfinished"):
        yield run_failed(record.run_id, since, ended_by or "the run gave no reason")
    elif status == "blocked":
        facts = {
            "run_id": record.run_id,
            "gates": _short("; ".join(record.problems)),
            "folder": record.blocked_path or "",
        }
        yield Occasion(EDITION_BLOCKED, f"{EDITION_BLOCKED} {record.run_id}", since, facts)


def _of_the_files(ledger: FileLedger) -> Iterator[Occasion]:
    since = ledger.set_aside_since()
    if not since:
        return
    for entry in ledger.files():
        # A file that came twice is not a loss, and nobody has to do anything about it.
        if entry.file_id not in since or (entry.status_reason or "").startswith(SAME_CONTENT):
            continue
        number, at = since[entry.file_id]
        facts = {
            "file_id": entry.file_id,
            "file_name": _short(entry.file_name),
            "source": _short(entry.source),
            "reason": _short(entry.status_reason or ""),
        }
        kind = FILE_HELD if entry.status == "held" else FILE_REJECTED
        yield Occasion(kind, f"{kind} {entry.file_id} {number}", at, facts)


def _of_what_is_missing(settings: Settings, newest: str, now: datetime) -> Iterator[Occasion]:
    hours = settings.alerts.no_file_hours
    if hours is None or now - datetime.fromisoformat(newest) <= timedelta(hours=float(hours)):
        return
    yield Occasion(NOTHING_CAME, f"{NOTHING_CAME} {newest}", newest, {"hours": f"{hours:f}"})


def _short(text: str) -> str:
    """In one line without control characters, because it is used in subjects and in other people's programs."""
    line = one_line(" ".join(part.strip() for part in text.splitlines()))
    return line if len(line) <= _MOST_TEXT else f"{line[: _MOST_TEXT - 1]}…"
