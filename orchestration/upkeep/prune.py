"""Making room: old editions, blocked runs, old runs in Dagster's history and half-built leftovers go, landed files of long ago
are packed. Nothing that a decision, an audit or a rebuild needs is touched: the ledger, the raw zone, the warehouse, the frozen
figures, and of the editions those that something refers to.

Everything is decided first (`plan`), then done piece by piece. A prune that is killed has lost nothing, and the next one
completes it.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from orchestration.branch_clock import branch_day, machine_day
from orchestration.errors import TollhouseError
from orchestration.ingestion.landed.landed_packing import BUILDING as BEING_PACKED
from orchestration.ingestion.landed.landed_packing import may_be_packed, pack
from orchestration.ledger.debit_requests import debit_requests
from orchestration.ledger.file_ledger import CLOSE_PERIOD, REOPEN_PERIOD, FileLedger
from orchestration.ledger.reratings import reratings
from orchestration.ledger.schema import FileEntry
from orchestration.publishing.editions import BUILDING
from orchestration.publishing.manifest import BLOCKED, EDITIONS, DamagedEdition
from orchestration.publishing.reading import current_edition, read_edition
from orchestration.runtime.progress import Reporter
from orchestration.runtime.run_lock import run_lock
from orchestration.runtime.run_record import load_record
from orchestration.settings import Settings
from orchestration.storage.durable import flush
from orchestration.upkeep.prune_history import log_files, old_runs, ownerless_logs, remove_runs

_PRUNED = f"{BUILDING}pruned-"


@dataclass(frozen=True)
class Doomed:
    """A folder or file that goes, and how many bytes of the disk that gives back."""

    path: Path
    size_bytes: int


@dataclass(frozen=True)
class Plan:
    """What a prune does. `old_runs` are removed from Dagster's history, with the files of their logs. `kept` has the reason for
    each edition that stays though it is not new; `unreadable` are editions that stay because they cannot be read."""

    editions: tuple[Doomed, ...]
    blocked: tuple[Doomed, ...]
    leftovers: tuple[Doomed, ...]
    old_runs: tuple[str, ...]
    old_logs: tuple[Doomed, ...]
    to_pack: tuple[FileEntry, ...]
    kept: dict[str, str]
    unreadable: tuple[Path, ...]

    @property
    def freed_bytes(self) -> int:
        """What the folders and files that go give back; what packing saves is known afterwards."""
        return sum(one.size_bytes for one in (*self.editions, *self.blocked, *self.leftovers, *self.old_logs))


@dataclass(frozen=True)
class Pruned:
    """A plan that was carried out: how many landed files were packed, and what that saved."""

    plan: Plan
    packed_files: int
    packed_bytes: int


@dataclass(frozen=True)
class _Edition:
    name: str
    folder: Path
    as_of: date
    built_at: datetime
    revision: int


def plan_prune(settings: Settings) -> Plan:
    """What a prune would do now; nothing is changed. Raises TollhouseError where a run is in progress or nothing is published."""
    with run_lock(settings):
        return _plan(settings)


def prune(settings: Settings, reporter: Reporter) -> Pruned:
    """Carry out the plan of this moment. Raises TollhouseError where a run is in progress or nothing is published."""
    with run_lock(settings):
        plan = _plan(settings)
        reporter.step("remove old editions")
        for one in (*plan.editions, *plan.blocked):
            aside = one.path.with_name(f"{_PRUNED}{one.path.name}")  # no reader finds half of it under its name
            one.path.rename(aside)
            flush(aside.parent)
            shutil.rmtree(aside)
        for one in plan.leftovers:
            if one.path.is_dir() and not one.path.is_symlink():
                shutil.rmtree(one.path)
            else:
                one.path.unlink(missing_ok=True)
        if plan.old_runs:
            reporter.step("remove old runs from Dagster's history")
            remove_runs(settings, plan.old_runs, reporter)
        for one in plan.old_logs:
            one.path.unlink(missing_ok=True)
        if plan.to_pack:
            reporter.step("pack landed files")
        packed_files, packed_bytes = 0, 0
        for number, entry in enumerate(plan.to_pack, start=1):
            reporter.detail(number, len(plan.to_pack), f"{entry.source}/{entry.file_name}")
            try:
                saved = pack(settings.home, entry)
            except TollhouseError as error:
                reporter.warn(str(error))
                continue
            packed_files += saved > 0
            packed_bytes += saved
    return Pruned(plan, packed_files, packed_bytes)


def _plan(settings: Settings) -> Plan:
    current = current_edition(settings.published)
    if current is None or not settings.ledger_path.is_file():
        raise TollhouseError(
            f"{settings.published}: no edition is published, so no edition can be old; `tollhouse run` first, or "
            "`tollhouse doctor` where there was one"
        )
    editions, unreadable = _editions(settings.published / EDITIONS)
    with FileLedger(settings.ledger_path, read_only=True) as ledger:
        closings = [
            datetime.fromisoformat(decision.decided_at)
            for decision in ledger.decisions()
            if decision.kind in (CLOSE_PERIOD, REOPEN_PERIOD)
        ]
        files = ledger.files()
    kept = {
        **_last_of_months(editions),
        **_around_closings(editions, closings),
        **{
            rerating.edition_before: f"re-rating {rerating.rerate_id} was compared with it"
            for rerating in reratings(settings.ledger_path)
        },
        **{
            batch.edition: f"debit request {batch.batch_id} was made from it"
            for batch in debit_requests(settings.ledger_path)
        },
        current.edition: "it is the current one",
    }
    newest = {edition.name for edition in editions[-settings.prune_keep :]}
    old = [one for one in editions if one.name not in newest | kept.keys() and one.revision < current.revision]
    runs = old_runs(settings)
    return Plan(
        editions=tuple(_sized([one.folder for one in old])),
        blocked=tuple(_sized(_old_blocked_runs(settings))),
        leftovers=tuple(_sized(_leftovers(settings))),
        old_runs=tuple(runs),
        old_logs=tuple(_sized([*log_files(settings, runs), *ownerless_logs(settings)])),
        to_pack=tuple(_to_pack(settings, files)),
        kept={one.name: kept[one.name] for one in editions if one.name in kept and one.name not in newest},
        unreadable=tuple(unreadable),
    )


def _editions(folder: Path) -> tuple[list[_Edition], list[Path]]:
    """The editions by revision, and the folders that cannot be recognised as editions."""
    found, unreadable = [], []
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        try:
            manifest = read_edition(path, folder.parent).manifest
        except DamagedEdition:
            unreadable.append(path)
            continue
        found.append(_Edition(path.name, path, manifest.as_of, manifest.built_moment, manifest.revision))
    return sorted(found, key=lambda edition: edition.revision), unreadable


def _last_of_months(editions: Iterable[_Edition]) -> dict[str, str]:
    """By the month of the as-of date; the last is the one published last."""
    last = {f"{edition.as_of:%Y-%m}": edition.name for edition in editions}
    return {name: f"it is the last of {month}" for month, name in last.items()}


def _around_closings(editions: list[_Edition], closings: Iterable[datetime]) -> dict[str, str]:
    """The editions that stood when a period was closed or reopened, and the first one after each."""
    kept = {}
    for closed_at in closings:
        before = [edition for edition in editions if edition.built_at <= closed_at]
        after = [edition for edition in editions if edition.built_at > closed_at]
        for edition in (*before[-1:], *after[:1]):
            kept[edition.name] = (
                f"it is the last before or the first after the closing or reopening of {closed_at:%Y-%m-%d}"
            )
    return kept


def _old_blocked_runs(settings: Settings) -> list[Path]:
    """All but the newest, as many as editions are kept, and that of the last run."""
    folder = settings.published / BLOCKED
    if not folder.is_dir():
        return []
    record = load_record(settings)
    last = None if record is None or record.blocked_path is None else settings.home / record.blocked_path
    found = sorted(
        (path for path in folder.iterdir() if not path.name.startswith(".")), key=lambda path: path.stat().st_mtime_ns
    )
    return [path for path in found[: -settings.prune_keep] if path != last]


def _leftovers(settings: Settings) -> list[Path]:
    """Half-made files of killed commands. While the lock is held no command is making any."""
    home = settings.home
    folders = (home, settings.published / EDITIONS, settings.published / BLOCKED, home / "closed")
    found = [path for folder in folders for path in sorted(folder.glob(f"{BUILDING}*"))]
    found += [path for path in sorted(settings.raw.rglob("*.tmp")) if path.is_file()]
    singles = (home / "decoding.tmp", home / "last_run.tmp", home / BEING_PACKED)
    return found + [path for path in singles if path.exists()]


def _to_pack(settings: Settings, files: Iterable[FileEntry]) -> Iterator[FileEntry]:
    """The loaded files that were first seen long enough ago, as they were delivered."""
    if settings.prune_pack_after_days is None:
        return
    today = machine_day(settings)
    for entry in files:
        age = today - branch_day(entry.first_seen_at, settings.time_zone)
        if (
            entry.status == "loaded"
            and age.days >= settings.prune_pack_after_days
            and may_be_packed(settings.home, entry)
        ):
            yield entry


def _sized(paths: list[Path]) -> Iterator[Doomed]:
    """The paths with what removing all of them gives back: a file that something else shares gives nothing."""
    names: dict[Path, list[os.stat_result]] = {path: [file.lstat() for file in _files_below(path)] for path in paths}
    gone = Counter((one.st_dev, one.st_ino) for found in names.values() for one in found)
    counted: set[tuple[int, int]] = set()
    for path, found in names.items():
        size = 0
        for one in found:
            key = (one.st_dev, one.st_ino)
            if gone[key] >= one.st_nlink and key not in counted:
                counted.add(key)
                size += one.st_blocks * 512
        yield Doomed(path, size)


def _files_below(path: Path) -> list[Path]:
    if path.is_symlink() or not path.is_dir():
        return [path]
    return [file for file in path.rglob("*") if file.is_symlink() or file.is_file()]
