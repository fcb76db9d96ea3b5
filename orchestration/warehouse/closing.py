"""Closing a billing period (SPEC 6): its calls, lines and bills are copied to the closed schema and never change again."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import duckdb

from orchestration.errors import TollhouseError, UsageError
from orchestration.ingestion.ledger import FileLedger


def check_period(period: str) -> None:
    """Raises UsageError where the text is no period at all."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", period):
        raise UsageError(f"'{period}' is no billing period; write it like 2026-03")


def freeze_period(con: duckdb.DuckDBPyConnection, ledger: FileLedger, period: str) -> None:
    """Copy the period's rated calls (with what they were joined from), bill lines and bills to the closed schema, in one
    transaction, and note who did it.

    The warehouse must stand as published. Raises UsageError for what is no period, TollhouseError where it may not be
    closed: it is unknown, closed, not ended (its bills are provisional), or an earlier one is open.
    """
    refuse_closing(con, period)
    decision = ledger.add_decision("close_period", f"period {period} closed", period=period)
    con.execute("begin")
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
    con.execute("insert into closed.bills by name select * from marts.bills where billing_period = ?", [period])
    con.execute(
        "insert into closed.periods values (?, ?, ?)",
        [period, datetime.now(UTC).replace(tzinfo=None), decision.decided_by],
    )
    con.execute("commit")


def refuse_closing(con: duckdb.DuckDBPyConnection, period: str) -> None:
    """Raise where the period may not be closed as the warehouse stands; nothing is changed. See `freeze_period`."""
    check_period(period)
    is_built = con.execute(
        "select 1 from information_schema.tables where table_catalog = current_database() "
        "and table_schema = 'intermediate' and table_name = 'int_billing_periods'"
    ).fetchone()
    if is_built is None:
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
