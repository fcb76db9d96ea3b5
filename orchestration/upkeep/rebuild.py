"""`tollhouse rebuild`: builds the raw zone and the warehouse again from landed files, ledger and frozen figures, then an ordinary run.

What was there is set aside in `before-rebuild/` and removed when that run has published. Decisions, statuses of files and
closed periods are in the ledger and in `closed/`, and stay as they are.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.soundness import refuse_lost_ledger
from orchestration.reference_book.reading import read_reference_book
from orchestration.runs import RunOutcome, run_once
from orchestration.runtime.progress import Reporter
from orchestration.runtime.run_lock import run_lock
from orchestration.settings import Settings
from orchestration.storage.durable import flush, flush_tree, share
from orchestration.upkeep.rebuild_raw import make_raw_zone, record_raw_zone
from orchestration.upkeep.rebuild_warehouse import begin_warehouse

#: What is being made; named as everything half-built is.
BUILDING = ".building-rebuild"
ASIDE = "before-rebuild"


@dataclass(frozen=True)
class Rebuilt:
    """The result of a rebuild: how many files were decoded again (None: the raw zone was not rebuilt), the closed periods that
    the new warehouse received, the run after it, and where the old state is (None: it was removed)."""

    decoded_files: int | None
    closed_periods: tuple[str, ...]
    run: RunOutcome
    aside: Path | None


def rebuild(settings: Settings, reporter: Reporter, *, raw: bool, warehouse: bool) -> Rebuilt:
    """Rebuild the raw zone, the warehouse, or both, and publish.

    Raises UsageError for a faulty book, TollhouseError where a run is in progress, a file that is needed is lost or cannot be
    decoded, or the frozen figures of a closed period are lost: then nothing is changed. Where the run after it fails, what was rebuilt
    is in its place, and the next run goes on from there.
    """
    refuse_lost_ledger(settings.ledger_path)
    if not settings.ledger_path.is_file():
        raise UsageError(f"{settings.home}: there is no file ledger, so there is nothing to rebuild from")
    building, aside = settings.home / BUILDING, settings.home / ASIDE
    decoded_files: int | None = None
    closed: list[str] = []
    with run_lock(settings):
        book = read_reference_book(settings.reference)
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        with FileLedger(settings.ledger_path) as ledger:
            if warehouse:
                reporter.step("begin a new warehouse")
                closed = begin_warehouse(settings, ledger, building, reporter)
            if raw:
                reporter.step("decode the landed files again")
                made = make_raw_zone(settings, ledger, book, building / "raw", (settings.raw, aside / "raw"), reporter)
                decoded_files = len(made.decoded)
                flush_tree(made.folder)
                with ledger.transaction():  # killed before its end: the run names the raw zone
                    record_raw_zone(ledger, made)
                    _exchange_raw(settings, made.folder, aside)
        if warehouse:
            _exchange_warehouse(settings, building, aside)
        shutil.rmtree(building)
    run = run_once(settings, reporter=reporter)
    if run.status == "blocked":
        return Rebuilt(decoded_files, tuple(closed), run, aside if aside.is_dir() else None)
    shutil.rmtree(aside, ignore_errors=True)
    return Rebuilt(decoded_files, tuple(closed), run, None)


def _exchange_raw(settings: Settings, made: Path, aside: Path) -> None:
    """Set aside the raw zone, in place of what an earlier rebuild set aside; put the new one in its place."""
    aside.mkdir(exist_ok=True)
    shutil.rmtree(aside / "raw", ignore_errors=True)
    if settings.raw.exists():
        settings.raw.rename(aside / "raw")
    made.rename(settings.raw)
    flush(settings.home)


def _exchange_warehouse(settings: Settings, building: Path, aside: Path) -> None:
    """Set aside the warehouse and put the new one in its place, so that there is one at any moment; never beside the log of
    another."""
    aside.mkdir(exist_ok=True)
    warehouse = settings.warehouse_path
    log, kept = warehouse.with_name(f"{warehouse.name}.wal"), aside / warehouse.name
    for old in (aside / log.name, kept):
        old.unlink(missing_ok=True)
    if log.exists():
        log.rename(aside / log.name)
    if warehouse.is_file():
        share(warehouse, kept)
    (building / warehouse.name).replace(warehouse)
    flush(settings.home)
