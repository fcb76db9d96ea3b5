"""Closed periods: ledger, warehouse and the files of frozen figures must agree before a run computes anything."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from orchestration.errors import TollhouseError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.publishing.reading import current_edition
from orchestration.settings import Settings
from orchestration.warehouse.closed.frozen_figures import (
    closed_folder,
    closed_periods,
    missing_files,
    refuse_other_figures,
    restore_frozen,
    write_missing,
)
from orchestration.warehouse.closed.reopening import EVIDENCE_ADVICE, remove_reopened, reopened_in_warehouse


def settle_closed_periods(
    con: duckdb.DuckDBPyConnection, settings: Settings, ledger: FileLedger, warn: Callable[[str], None]
) -> None:
    """Bring warehouse and files to what the ledger has as closed: fill a warehouse that lacks a period from the files, take out one
    that was reopened, and write the files that are missing.

    Raises TollhouseError where a closed period is in neither, and where the warehouse holds one that the ledger does not know, or
    other figures of one than were closed; and where what a reopened period had come to is lost.
    """
    decisions = ledger.closed_periods()
    for period in reopened_in_warehouse(con, ledger):
        con.execute("begin")
        remove_reopened(con, period)
        con.execute("commit")
        warn(f"period {period} was reopened, and the command ended before its end: this run computes the period anew")
    unknown = sorted(closed_periods(con) - decisions.keys())
    if unknown:
        raise TollhouseError(
            f"{ledger.path}: the warehouse holds the closed period {unknown[0]}, of which this ledger knows nothing: it is older than "
            "the warehouse, or another home's. Put the newest ledger back from a backup: `tollhouse restore DIR --replace`. To go on "
            "with this one, with the period open: `tollhouse rebuild --warehouse`"
        )
    refuse_other_figures(con, settings, ledger)
    restored = restore_frozen(con, settings, ledger)
    if restored:
        warn(
            f"{settings.warehouse_path} did not hold the closed periods {', '.join(restored)}: they were restored from "
            f"{closed_folder(settings)}, as they were closed"
        )
    lost = sorted(decisions.keys() - closed_periods(con) - _never_closed(con, settings, ledger))
    if lost:
        decision = decisions[lost[0]]
        raise TollhouseError(
            f"{settings.warehouse_path} does not hold the period {lost[0]}, which {decision.decided_by} closed on "
            f"{decision.decided_at[:10]}, and {closed_folder(settings) / lost[0]} is not there either: its bills would be "
            "computed again and could change. Put the warehouse back from a backup: `tollhouse restore DIR --replace`. Nothing was computed"
        )
    for (period, _), files in ledger.reopened_figures().items():
        missing = missing_files(settings, files)
        if missing:
            raise TollhouseError(
                f"{settings.home / missing[0].path} is gone or cut: it has the {missing[0].table} of the period {period} as it was closed "
                f"before it was reopened. Nothing was computed: {EVIDENCE_ADVICE}"
            )
    _, again = write_missing(con, settings, ledger)
    if again:
        warn(
            f"{closed_folder(settings)}: files of the closed periods {', '.join(again)} were gone or cut; they were written again "
            "from the warehouse"
        )


def _never_closed(con: duckdb.DuckDBPyConnection, settings: Settings, ledger: FileLedger) -> set[str]:
    """The periods whose closing by an earlier version was killed after the decision: the current edition has them as open.

    That version kept no files, and froze nothing before the warehouse's transaction had ended. They can be closed again.
    """
    edition = current_edition(settings.published)
    if edition is None or "billing_periods" not in edition.manifest.marts:
        return set()
    paths = [str(path) for path in edition.files("billing_periods")]
    rows = con.execute("select billing_period from read_parquet(?) where period_state <> 'closed'", [paths]).fetchall()
    return {period for (period,) in rows} - ledger.frozen_figures().keys()
