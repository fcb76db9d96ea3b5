"""What `tollhouse doctor` checks in the state: whether everything that the ledger names exists, as it was written.

`is_deep` reads and hashes every file. Nothing is changed by looking. The warehouse is read only while no run is in progress.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

from orchestration.cli.findings import ERROR, MOST_SHOWN, OK, WARN, Finding
from orchestration.errors import TollhouseError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.soundness import LEDGER_ADVICE, is_damage, refuse_lost_ledger, seal_fault
from orchestration.settings import Settings

_A_RUN_IS_AT_WORK = "a run is in progress: not looked at"


def _findings(check: str, faults: list[str], advice: str, sound: str, level: str = ERROR) -> Iterator[Finding]:
    """The first of the faults with what to do, or a finding without faults."""
    for fault in faults[:MOST_SHOWN]:
        yield Finding(check, level, fault, advice)
    if len(faults) > MOST_SHOWN:
        yield Finding(check, level, f"and {len(faults) - MOST_SHOWN} more", advice)
    if not faults:
        yield Finding(check, OK, sound)


def _ledger(settings: Settings, is_deep: bool) -> Iterator[Finding]:
    from orchestration.state.checks import older_ledger

    path = settings.ledger_path
    try:
        refuse_lost_ledger(path)
    except TollhouseError as error:
        yield Finding("ledger", ERROR, str(error), LEDGER_ADVICE)
        return
    if not path.is_file():
        yield Finding("ledger", OK, "there is none yet; the first run makes it")
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as db:
            problems = [row[0] for row in db.execute(f"pragma integrity_check({MOST_SHOWN})") if row[0] != "ok"]
            problems += [
                f"a row of {row[0]} names no row of {row[2]}" for row in db.execute("pragma foreign_key_check")
            ]
    except sqlite3.DatabaseError as error:
        yield Finding("ledger", ERROR, f"{path}: {error}", LEDGER_ADVICE)
        return
    fault = seal_fault(path)
    if fault is not None:
        problems.append(fault)
    faults = [problem if str(path) in problem else f"{path}: {problem}" for problem in problems]
    with FileLedger(path, read_only=True) as ledger:
        older = older_ledger(settings, ledger)
        faults += [] if older is None else [older]
        yield from _findings("ledger", faults, LEDGER_ADVICE, f"sound, {len(ledger.files())} files registered")


def _with_ledger(settings: Settings, check: str, look: Callable[[FileLedger], Iterator[Finding]]) -> Iterator[Finding]:
    """Checks that need the ledger. Without a ledger they are left out; the check of the ledger reports it."""
    if not settings.ledger_path.is_file() or not settings.ledger_path.stat().st_size:
        return
    try:
        with FileLedger(settings.ledger_path, read_only=True) as ledger:
            yield from look(ledger)
    except (sqlite3.DatabaseError, TollhouseError) as error:
        if isinstance(error, sqlite3.DatabaseError) and not is_damage(error):
            raise
        yield Finding(check, WARN, "cannot be looked at without the ledger", "fix the ledger first")


def _formats(settings: Settings, is_deep: bool) -> Iterator[Finding]:
    def look(ledger: FileLedger) -> Iterator[Finding]:
        from orchestration.ingestion.format_disagreements import format_disagreements
        from orchestration.reference_book.reading import read_reference_book

        try:
            switches = read_reference_book(settings.reference).tables["switches"]
        except TollhouseError:
            return  # the check of the reference book reports it
        yield from _findings(
            "formats",
            format_disagreements(switches, ledger.files("cdr")),
            "write the format of the switch's source as its cdr_format",
            "book and sources name the same format for every switch",
            WARN,
        )

    yield from _with_ledger(settings, "formats", look)


def _landing(settings: Settings, is_deep: bool) -> Iterator[Finding]:
    from orchestration.state.landing import ADVICE, damaged_landed_files, lost_landed_files

    def look(ledger: FileLedger) -> Iterator[Finding]:
        lost = lost_landed_files(settings, ledger)
        if is_deep:
            faults = list(damaged_landed_files(settings, ledger))
        else:
            faults = [f"{len(lost)} landed files are gone, the first {lost[0]}"] if lost else []
        how = "as they were delivered" if is_deep else "there"
        yield from _findings("landing", faults, ADVICE, f"every landed file is {how}")

    yield from _with_ledger(settings, "landing", look)


def _raw(settings: Settings, is_deep: bool) -> Iterator[Finding]:
    from orchestration.ingestion.raw_parts import RAW_ADVICE
    from orchestration.state.raw_zone import damaged_rows

    def look(ledger: FileLedger) -> Iterator[Finding]:
        how = "as it was decoded" if is_deep else "there, of the size and end that it was decoded to"
        faults = list(damaged_rows(settings, ledger, is_deep=is_deep))
        yield from _findings("raw rows", faults, RAW_ADVICE, f"every file is {how}")

    yield from _with_ledger(settings, "raw rows", look)


def _closed(settings: Settings, is_deep: bool) -> Iterator[Finding]:
    from orchestration.warehouse.closed.frozen_figures import FROZEN_ADVICE, damaged_files, missing_files
    from orchestration.warehouse.closed.reopening import EVIDENCE_ADVICE

    def look(ledger: FileLedger) -> Iterator[Finding]:
        figures, before = ledger.frozen_figures(), ledger.reopened_figures()
        files = [file for of_period in figures.values() for file in of_period]
        if is_deep:
            faults = [f"{settings.home / file.path} {why}" for file, why in damaged_files(settings, files)]
        else:
            faults = [f"{settings.home / file.path} is gone or cut" for file in missing_files(settings, files)]
        evidence = [file for of_closing in before.values() for file in of_closing]
        if is_deep:
            lost = [f"{settings.home / file.path} {why}" for file, why in damaged_files(settings, evidence)]
        else:
            lost = [f"{settings.home / file.path} is gone or cut" for file in missing_files(settings, evidence)]
        if lost:
            yield from _findings("closed periods", lost, EVIDENCE_ADVICE, "")
        old = sorted(ledger.closed_periods().keys() - figures.keys())
        if old:
            found = f"of {', '.join(old)} there are no files outside the warehouse: an earlier version closed them"
            yield Finding("closed periods", WARN, found, "`tollhouse run` writes them")
        reopened = f" and {len(before)} closings that were reopened" if before else ""
        if faults or not lost:
            sound = f"{len(figures)} periods{reopened}, every file is there"
            yield from _findings("closed periods", faults, FROZEN_ADVICE, sound)

    yield from _with_ledger(settings, "closed periods", look)


def _warehouse(settings: Settings, is_deep: bool) -> Iterator[Finding]:
    import duckdb

    from orchestration.publishing.reading import edition_folders
    from orchestration.runtime.run_lock import run_lock
    from orchestration.state.warehouse import unreadable_tables
    from orchestration.warehouse.closed.frozen_figures import (
        closed_periods,
        other_figures_fault,
        periods_with_other_figures,
    )
    from orchestration.warehouse.connection import WAREHOUSE_ADVICE

    def other_figures(ledger: FileLedger) -> Iterator[Finding]:
        for period in periods_with_other_figures(con, settings, ledger, is_deep=is_deep):
            yield Finding("warehouse", ERROR, other_figures_fault(settings, period), WAREHOUSE_ADVICE)

    path = settings.warehouse_path
    if not path.is_file() or not path.stat().st_size:
        if edition_folders(settings.published):
            found = f"{path} is gone"
            yield Finding(
                "warehouse", WARN, found, "`tollhouse run` computes it again, closed periods from their files"
            )
        else:
            yield Finding("warehouse", OK, "there is none yet; the first run makes it")
        return
    try:
        with run_lock(settings):
            if is_deep:
                faults = list(unreadable_tables(settings, read_only=True))
                yield from _findings("warehouse", faults, WAREHOUSE_ADVICE, "every table can be read")
            with duckdb.connect(str(path), read_only=True) as con:
                held = closed_periods(con)
                yield from _with_ledger(settings, "warehouse", other_figures)
            yield from _periods_agree(settings, held)
    except duckdb.Error as error:
        if not is_deep:
            found = f"{path} cannot be read: {' '.join(str(error).split())[:300]}"
            yield Finding("warehouse", ERROR, found, WAREHOUSE_ADVICE)
    except TollhouseError:
        yield Finding("warehouse", OK, _A_RUN_IS_AT_WORK)


def _periods_agree(settings: Settings, held: set[str]) -> Iterator[Finding]:
    from orchestration.warehouse.closed.reopening import reopened_periods

    def look(ledger: FileLedger) -> Iterator[Finding]:
        closed, reopened = ledger.closed_periods().keys(), reopened_periods(ledger)
        for period in sorted(closed - held):
            found = f"{settings.warehouse_path} does not hold the closed period {period}"
            yield Finding("warehouse", ERROR, found, "`tollhouse run` fills it from the files of the closing")
        for period in sorted((held - closed) & reopened):
            found = f"{settings.warehouse_path} holds the period {period} as closed, and the ledger has it as reopened"
            yield Finding("warehouse", WARN, found, "`tollhouse run` computes it anew and publishes it")
        for period in sorted(held - closed - reopened):
            found = f"{settings.warehouse_path} holds the closed period {period}, of which the ledger knows nothing"
            yield Finding("warehouse", ERROR, found, LEDGER_ADVICE)
        if closed == held:
            yield Finding("warehouse", OK, f"can be opened, holds {len(held)} closed periods")

    yield from _with_ledger(settings, "warehouse", look)


def _edition(settings: Settings, is_deep: bool) -> Iterator[Finding]:
    from orchestration.publishing.reading import current_edition, lost_pointer, verify_edition
    from orchestration.state.published import ADVICE, lost_editions

    lost: list[str] = []

    def look(ledger: FileLedger) -> Iterator[Finding]:
        lost.extend(filter(None, [lost_editions(settings, ledger)]))
        yield from (Finding("edition", ERROR, one, ADVICE) for one in lost)

    edition = current_edition(settings.published)
    yield from _with_ledger(settings, "edition", look)
    if edition is None:
        pointer = lost_pointer(settings.published)
        if pointer is not None:
            yield Finding("edition", ERROR, pointer, "`tollhouse run`")
        elif not lost:
            yield Finding("edition", OK, "none is published yet")
        return
    faults = [f"{edition.edition}: {problem}" for problem in verify_edition(settings.published, edition)]
    if is_deep:
        from dashboards.site import damaged_asset

        asset = damaged_asset(settings.published)
        faults += [f"{asset} is not the file that the pages load"] if asset is not None else []
    advice = "put the files back from a backup, or remove published/current.json and run again for a whole new edition"
    yield from _findings("edition", faults, advice, f"{edition.edition}: every file is as it was published")


def _earlier_editions(settings: Settings, is_deep: bool) -> Iterator[Finding]:
    from orchestration.publishing.reading import damaged_editions

    if not is_deep:
        return
    advice = "nothing depends on them: put them back from a backup, or remove their folders"
    faults = list(damaged_editions(settings.published))
    yield from _findings("earlier editions", faults, advice, "every file is as it was published", level=WARN)


def _history(settings: Settings, is_deep: bool) -> Iterator[Finding]:
    from orchestration.state.dagster_history import damaged_databases

    advice = "no figure depends on it: the next `tollhouse run` moves it aside and begins a new one"
    faults = list(damaged_databases(settings, is_deep=is_deep))
    yield from _findings("Dagster's history", faults, advice, "can be read", level=WARN)


def _alerts(settings: Settings, is_deep: bool) -> Iterator[Finding]:
    from orchestration.alerting.outbox import FILE_NAME
    from orchestration.ledger.soundness import structure_fault

    path = settings.home / FILE_NAME
    if not path.is_file():
        return
    fault = "it is empty" if not path.stat().st_size else structure_fault(path)
    advice = "the next command that sends alerts moves it aside; some are sent a second time then"
    yield from _findings("alerts", [f"{path}: {fault}"] if fault else [], advice, "can be read", level=WARN)


STATE_CHECKS: dict[str, Callable[[Settings, bool], Iterator[Finding]]] = {
    "ledger": _ledger,
    "formats": _formats,
    "landing": _landing,
    "raw rows": _raw,
    "closed periods": _closed,
    "warehouse": _warehouse,
    "edition": _edition,
    "earlier editions": _earlier_editions,
    "Dagster's history": _history,
    "alerts": _alerts,
}
