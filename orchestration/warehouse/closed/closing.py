"""Closing a billing period (SPEC 6): its calls, lines and bills are copied to the closed schema and never change again.

Their copy outside the warehouse is frozen_figures.py's matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb

from orchestration.errors import TollhouseError, UsageError
from orchestration.ledger.file_ledger import FileLedger, user_name
from orchestration.ledger.schema import FileEntry
from orchestration.settings import Settings
from orchestration.warehouse.closed.closed_schema import create_closed_schema
from orchestration.warehouse.closed.frozen_figures import has_table, keep_hashes, write_frozen

#: The exports that decide what a bill holds and whose it is. The others, like bank files, change nothing that closing freezes.
_BILLING_TABLES = ("customers", "accounts", "service_numbers", "subscriptions", "account_adjustments")

#: What is frozen besides calls, lines and bills: the table of the closed schema, where it comes from, and its rows. Of late fees, what each
#: bill had borne up to the end of the period: its difference to the closing before is billed next.
_FROZEN_WITH_BILLS = (
    (
        "adjustments",
        "intermediate.int_adjustments_billed",
        "select * from intermediate.int_adjustments_billed where billing_period = $period",
    ),
    (
        "late_fees",
        "marts.late_fees",
        (
            "select $period as billing_period, account_id, unpaid_period, bill_item_id, sum(amount) as amount from marts.late_fees "
            "where fee_period <= $period group by account_id, unpaid_period, bill_item_id"
        ),
    ),
)


@dataclass(frozen=True)
class FrozenTotal:
    """What a closing froze of a kind: calls, bills, or bill lines of a line kind. `amount` is exact: of calls not rounded."""

    kind: str
    rows: int
    amount: Decimal


@dataclass(frozen=True)
class FrozenPeriod:
    """A period that was closed, and the held files that are left out of it."""

    period: str
    totals: list[FrozenTotal]
    left_out: list[FileEntry]


def check_period(period: str) -> None:
    """Raises UsageError where the text is not a period at all."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", period):
        raise UsageError(f"'{period}' is not a valid billing period; write it like 2026-03")


def freeze_period(con: duckdb.DuckDBPyConnection, settings: Settings, ledger: FileLedger, period: str) -> FrozenPeriod:
    """Copy the period's rated calls (with what they were joined from), bill lines and bills to the closed schema and to files
    beside the warehouse, and note who did it. The decision names the held files that are left out, too.

    The ledger's decision is what closes the period: it is taken when the files are on the disk and before the warehouse's
    transaction ends, so that a kill leaves the period open, or closed with all that the next run needs to say so.

    The warehouse must stand as published. Raises UsageError for what is not a valid period, TollhouseError where it may not be
    closed: it is unknown, closed, not ended (its bills are provisional), or an earlier one is open.
    """
    issued_on = refuse_closing(con, period)
    left_out = held_files_of_period(ledger, date.fromisoformat(f"{period}-01"), issued_on)
    why = f"period {period} closed"
    if left_out:
        why += f" without what is held: {', '.join(entry.file_name for entry in left_out)}"
    con.execute("begin")
    create_closed_schema(con)
    con.execute(
        "insert into closed.calls by name select * from intermediate.int_calls_judged where state = 'rated' and billing_period = ?",
        [period],
    )
    con.execute(
        "insert into closed.joined_pieces select pieces.* from raw.joined_pieces as pieces inner join closed.calls as calls "
        "on pieces.joined_call_id = calls.call_id where calls.billing_period = ?",
        [period],
    )
    con.execute(
        "insert into closed.bill_lines by name select * from marts.bill_lines where billing_period = ?", [period]
    )
    con.execute(
        # Which account pays a bill is never closed: a merge may change it.
        "insert into closed.bills by name select columns(name -> name <> 'settling_account_id') from marts.bills "
        "where billing_period = ?",
        [period],
    )
    for table, source, select in _FROZEN_WITH_BILLS:
        if has_table(con, *source.split(".")):  # a warehouse of an earlier version has none
            con.execute(f"insert into closed.{table} by name {select}", {"period": period})
    con.execute(
        "insert into closed.periods values (?, ?, ?)",
        [period, datetime.now(UTC).replace(tzinfo=None), user_name()],
    )
    figures = write_frozen(con, settings, period, ledger.closing_number(period))
    keep_hashes(con, figures)
    ledger.close_period(period, why, figures)
    con.execute("commit")
    return FrozenPeriod(period, frozen_totals(con, period), left_out)


def frozen_totals(con: duckdb.DuckDBPyConnection, period: str) -> list[FrozenTotal]:
    """The sums of what the closed schema holds of a period."""
    rows = con.execute(
        """
        select 'calls', count(*), coalesce(sum(amount), 0) from closed.calls where billing_period = $period
        union all
        select * from (
            select 'bill lines: ' || line_kind, count(*), sum(amount) from closed.bill_lines where billing_period = $period
            group by line_kind order by line_kind
        )
        union all
        select 'bills', count(*), coalesce(sum(amount), 0) from closed.bills where billing_period = $period
        """,
        {"period": period},
    ).fetchall()
    return [FrozenTotal(*row) for row in rows]


def refuse_closing(con: duckdb.DuckDBPyConnection, period: str, *, is_reopened: bool = False) -> date:
    """Raise where the period may not be closed with the present warehouse; nothing is changed. See `freeze_period`. Returns the
    day on which its bills are issued. `is_reopened`: the ledger has it as open, whatever the tables of the last run say."""
    check_period(period)
    if not has_table(con, "intermediate", "int_billing_periods"):
        raise TollhouseError(f"period {period} cannot be closed: nothing is published yet; `tollhouse run` first")
    periods = {
        name: (is_closed, is_provisional, issued_on)
        for name, is_closed, is_provisional, issued_on in con.execute(
            "select billing_period, is_closed, is_provisional, issued_on from intermediate.int_billing_periods order by 1"
        ).fetchall()
    }
    if period not in periods:
        known = f"{min(periods)} to {max(periods)}" if periods else "none yet"
        raise TollhouseError(f"there is no billing period {period}: the branch's periods are {known}")
    is_closed, is_provisional, issued_on = periods[period]
    if is_closed and is_reopened:
        raise TollhouseError(
            f"period {period} was reopened, and no run has computed it since; `tollhouse run` first, then look at it and close it"
        )
    if is_closed:
        raise TollhouseError(f"period {period} is closed already")
    if is_provisional:
        raise TollhouseError(
            f"period {period} has not ended: its bills are issued on {issued_on}, after the as-of date; "
            "where newer files have come, `tollhouse run` takes them in"
        )
    earlier = [name for name, (closed, _, _) in periods.items() if name < period and not closed]
    if earlier:
        raise TollhouseError(f"close {earlier[0]} first: periods are closed in order")
    assert isinstance(issued_on, date)
    return issued_on


def held_files_of_period(ledger: FileLedger, starts_on: date, issued_on: date) -> list[FileEntry]:
    """The held files that could change the frozen figures of the period [starts_on, issued_on), by kind, date and name.

    A call file counts where it is dated in the period, or where it rightly has calls of the period (one that ended on the
    file's day). An export counts where it decides what is billed or to whom, is dated by the issue date, and no loaded
    snapshot of its table takes its place by then.
    """
    days = {
        day.file_id
        for day in ledger.call_days()
        if starts_on <= day.call_date < issued_on and day.records > day.other_day_records
    }
    exports = ledger.files("customers")

    def is_replaced(export: FileEntry, day: date) -> bool:
        return any(
            other.status == "loaded"
            and other.export_table == export.export_table
            and other.file_date is not None
            and day <= other.file_date <= issued_on
            for other in exports
        )

    calls = [
        entry
        for entry in ledger.files("cdr")
        if entry.status == "held"
        and (entry.file_id in days or (entry.file_date is not None and starts_on <= entry.file_date < issued_on))
    ]
    snapshots = [
        entry
        for entry in exports
        if entry.status == "held"
        and entry.export_table in _BILLING_TABLES
        and entry.file_date is not None
        and entry.file_date <= issued_on
        and not is_replaced(entry, entry.file_date)
    ]
    return [
        entry
        for kind in (calls, snapshots)
        for entry in sorted(kind, key=lambda one: (str(one.file_date), one.file_name))
    ]
