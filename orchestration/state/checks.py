"""The checks of a run before anything is pulled or computed: quick checks of all that must exist by the ledger."""

from __future__ import annotations

from collections.abc import Callable

from orchestration.errors import TollhouseError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.publishing.reading import edition_folders, newest_ledger_order
from orchestration.settings import Settings
from orchestration.state.closed_periods import settle_closed_periods
from orchestration.state.landing import ADVICE, lost_landed_files
from orchestration.state.published import lost_editions, note_current
from orchestration.state.raw_zone import refuse_lost_rows
from orchestration.warehouse.connection import open_warehouse


def refuse_lost_state(settings: Settings, ledger: FileLedger, warn: Callable[[str], None]) -> None:
    """Raise TollhouseError where something is lost that figures depend on, naming it and what brings it back; `warn` is given
    what can be made again. The run lock must be held.
    """
    note_current(settings, ledger)  # a damaged pointer or manifest is named before anything is pulled
    refuse_older_ledger(settings, ledger)
    refuse_lost_rows(settings, ledger)
    lost_published = lost_editions(settings, ledger)
    if lost_published is not None:
        warn(f"{lost_published}: a whole new edition is published, numbered after it")
    lost = lost_landed_files(settings, ledger)
    if lost:
        warn(f"{len(lost)} landed files are gone, the first {lost[0]}; {ADVICE}")
    if not _has_warehouse(settings) and edition_folders(settings.published):
        warn(f"{settings.warehouse_path} is gone: the warehouse is computed again")
    with open_warehouse(settings) as con:
        settle_closed_periods(con, settings, ledger, warn)


def refuse_older_ledger(settings: Settings, ledger: FileLedger) -> None:
    """Raise TollhouseError where an edition was computed from a later state of the ledger, or another ledger."""
    fault = older_ledger(settings, ledger)
    if fault is not None:
        raise TollhouseError(
            f"{fault}. Nothing was computed. Put back the newest backup: `tollhouse restore DIR --replace`"
        )


def older_ledger(settings: Settings, ledger: FileLedger) -> str | None:
    """Which edition knows more than the ledger, None where none does."""
    newest = newest_ledger_order(settings.published)
    if newest is None or newest[1] <= ledger.last_order():
        return None
    return (
        f"{ledger.path}: the file ledger knows of {ledger.last_order()} files and decisions, and the edition {newest[0]} was "
        f"computed from {newest[1]}: it is an older ledger, or another home's"
    )


def _has_warehouse(settings: Settings) -> bool:
    return settings.warehouse_path.is_file() and settings.warehouse_path.stat().st_size > 0
