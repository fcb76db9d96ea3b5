"""Reopening a closed billing period (SPEC 6): its rows leave the closed schema, and the next run computes it as if it had never been
closed.

The ledger's decision is what reopens, as it is what closes. The files of the frozen figures stay where they are, as evidence, and
the next closing of the period writes a folder of its own. What hangs on the decision in the warehouse is done by `remove_reopened`:
by the command at once, or by the next run where the command was killed after the decision.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from orchestration.errors import TollhouseError
from orchestration.ledger.file_ledger import REOPEN_PERIOD, FileLedger
from orchestration.ledger.reratings import posted_to
from orchestration.ledger.schema import Decision
from orchestration.settings import Settings
from orchestration.warehouse.closed.closed_schema import create_closed_schema
from orchestration.warehouse.closed.closing import FrozenTotal, check_period, frozen_totals
from orchestration.warehouse.closed.frozen_figures import (
    FROZEN_ADVICE,
    TABLES_OF_PERIODS,
    closed_periods,
    damaged_files,
    have_days_rebuilt,
)

#: What to do where a file of what was closed before a reopening is lost.
EVIDENCE_ADVICE = (
    "nothing else holds what was closed before the reopening: `tollhouse restore DIR --replace` puts a backup back"
)


@dataclass(frozen=True)
class ReopenedPeriod:
    """A period that was reopened: which of its reopenings it is, the decision, and what was frozen."""

    period: str
    reopening_number: int
    decision: Decision
    totals: list[FrozenTotal]


def refuse_reopening(ledger: FileLedger, period: str) -> Decision:
    """Raise where a period may not be reopened by the ledger; nothing is changed. Returns the closing that would be taken back.

    Raises UsageError for what is not a valid period, TollhouseError where it is not closed, or a newer one is.
    """
    check_period(period)
    closed = ledger.closed_periods()
    if period not in closed:
        before = [decision for decision in ledger.decisions(REOPEN_PERIOD) if decision.period == period]
        if before:
            raise TollhouseError(
                f"period {period} is open: {before[-1].decided_by} has reopened it at {before[-1].decided_at} ({before[-1].why}). "
                f"`tollhouse run` publishes it as it is now, `tollhouse close {period}` closes it again"
            )
        known = f"the closed periods are {min(closed)} to {max(closed)}" if closed else "no period is closed"
        raise TollhouseError(f"period {period} is not closed, so there is nothing to reopen: {known}")
    newest = max(closed)
    if newest > period:
        raise TollhouseError(
            f"reopen {newest} first: periods are closed in order and reopened in the reverse order, so that late calls and "
            "adjustments go back to the period from which they came"
        )
    return closed[period]


def reopen_closed(
    con: duckdb.DuckDBPyConnection, settings: Settings, ledger: FileLedger, period: str, why: str
) -> ReopenedPeriod:
    """Keep the decision that a period is open again, with who and why, and take its rows out of the closed schema.

    A kill before the decision leaves the period closed. After it, the next run does the rest. Warehouse and files must agree
    with the ledger (`settle_closed_periods`). Raises as `refuse_reopening` does, and TollhouseError where a file of the frozen
    figures is not what was written: it is the evidence of what the period came to.
    """
    refuse_reopening(ledger, period)
    damaged = damaged_files(settings, ledger.frozen_figures()[period])
    if damaged:
        file, fault = damaged[0]
        raise TollhouseError(
            f"period {period} stays closed: {settings.home / file.path} {fault}, and it is the evidence of what the period came to. "
            f"{FROZEN_ADVICE}"
        )
    posted = posted_to(ledger.path, period, ledger.withdrawn_adjustments())
    number = ledger.closing_number(period)
    totals = frozen_totals(con, period)
    con.execute("begin")
    remove_reopened(con, period)
    decision = ledger.reopen_period(period, why, sorted(posted))
    con.execute("commit")
    return ReopenedPeriod(period, number, decision, totals)


def reopened_in_warehouse(con: duckdb.DuckDBPyConnection, ledger: FileLedger) -> list[str]:
    """The periods that the ledger has as reopened and the warehouse still holds as closed: the command was killed in between."""
    return sorted((closed_periods(con) - ledger.closed_periods().keys()) & reopened_periods(ledger))


def reopened_periods(ledger: FileLedger) -> set[str]:
    """The periods that were ever reopened, also those that are closed again."""
    return {str(decision.period) for decision in ledger.decisions(REOPEN_PERIOD)}


def is_reopened(ledger: FileLedger, period: str) -> bool:
    """Whether a period is open because it was reopened."""
    return period in reopened_periods(ledger) - ledger.closed_periods().keys()


def remove_reopened(con: duckdb.DuckDBPyConnection, period: str) -> None:
    """Take a period's rows out of the closed schema, and have the next run build every day again whose calls its closing has kept
    or sent to a later period. In the caller's transaction, if there is one."""
    create_closed_schema(con)
    have_days_rebuilt(con, period, "its period was reopened")
    con.execute(
        "delete from closed.joined_pieces where joined_call_id in (select call_id from closed.calls where billing_period = ?)",
        [period],
    )
    for table in (*TABLES_OF_PERIODS, "frozen_files"):
        con.execute(f"delete from closed.{table} where billing_period = ?", [period])
