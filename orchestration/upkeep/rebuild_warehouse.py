"""A new warehouse as a rebuild begins it: empty but for what no run can compute.

Everything in it is made by the next run from the raw zone, the ledger and the book, except
- the schema `closed`: from the frozen figures in `closed/`;
- `state.suspense_tries`, since when suspended records wait and how often they were tried: from the mart suspense_retries of the
  current edition. (Of records that no longer wait it is forgotten.)
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from orchestration.errors import TollhouseError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.publishing.reading import current_edition
from orchestration.runtime.progress import Reporter
from orchestration.settings import Settings
from orchestration.storage.durable import sha256_of
from orchestration.warehouse.closed.frozen_figures import closed_periods, restore_frozen, write_missing
from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.raw.suspense_retries import create_tries

_TRIES = "suspense_retries"


def begin_warehouse(settings: Settings, ledger: FileLedger, building: Path, reporter: Reporter) -> list[str]:
    """Make the new warehouse in the folder `building`; the closed periods that it holds.

    Raises TollhouseError where the frozen figures of a period that the ledger has as closed are lost.
    """
    decisions = set(ledger.closed_periods())
    if decisions - ledger.frozen_figures().keys():
        _freeze_from_old_warehouse(settings, ledger, decisions)
    lost = sorted(decisions - ledger.frozen_figures().keys())
    if lost:
        raise TollhouseError(
            f"{settings.warehouse_path}: period {lost[0]} was closed by an earlier version, and its bills are in this warehouse alone, "
            "which cannot be read: they would be computed again and could change. Put it back from a backup: "
            "`tollhouse restore DIR --replace`. Nothing was changed"
        )
    with open_warehouse(replace(settings, home=building)) as con:
        restored = restore_frozen(con, settings, ledger)
        create_tries(con)
        _take_over_tries(con, settings, reporter)
        con.execute("checkpoint")
    return restored


def _freeze_from_old_warehouse(settings: Settings, ledger: FileLedger, decisions: set[str]) -> None:
    """Have the files of periods that an earlier version closed written, which has none. Nothing where the warehouse cannot be
    read, or is of another ledger."""
    if not settings.warehouse_path.is_file():
        return
    try:
        with open_warehouse(settings) as old:
            if closed_periods(old) <= decisions:
                write_missing(old, settings, ledger)
    except (duckdb.Error, TollhouseError):
        return


def _take_over_tries(con: duckdb.DuckDBPyConnection, settings: Settings, reporter: Reporter) -> None:
    """Fill state.suspense_tries from the current edition, where the edition has all of it."""
    try:
        current = current_edition(settings.published)
    except TollhouseError as error:
        reporter.warn(f"{error}. Since when records wait is counted from today")
        return
    if current is None:
        return
    files = current.manifest.marts[_TRIES].files if _TRIES in current.manifest.marts else ()
    paths = [current.path_of(file) for file in files]
    if not all(path.is_file() and sha256_of(path) == file.sha256 for path, file in zip(paths, files, strict=True)):
        reporter.warn(f"edition {current.edition}: {_TRIES} is damaged: since when records wait is counted from today")
        return
    if paths:
        con.execute(
            "insert into state.suspense_tries select call_id, first_suspended_at, last_tried_at, tries from read_parquet(?)",
            [[str(path) for path in paths]],
        )
