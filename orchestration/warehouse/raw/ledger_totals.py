"""The ledger's counts of the files that an edition is computed from, for the release gates that compare the raw rows with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import duckdb

from orchestration.ingestion.customers.tables import EXPORT_TABLES
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.schema import FileEntry
from orchestration.warehouse.connection import insert_rows
from orchestration.warehouse.raw.export_history import snapshots_of

_COLUMNS = (
    "file_id varchar, file_name varchar, file_kind varchar, export_table varchar, records bigint, seconds bigint, "
    "amount decimal(38, 2)"
)


def create_ledger_totals(con: duckdb.DuckDBPyConnection, ledger: FileLedger, register: Sequence[FileEntry]) -> None:
    """Make raw.ledger_totals: one row per file whose rows count, with what was found in it when it was decoded.

    These are the loaded call files, the loaded and held bank files, and per export table its newest loaded snapshot. `records` are
    the calls, the lines or the rows that could be read; `amount` is what the debits of a bank file sum to. `seconds` are those
    of a file's calls, null where the warehouse rightly has others: pieces of long calls are joined, and calls of closed
    periods stay as they were.
    """
    last_closed = max(ledger.closed_periods(), default="")
    calls: dict[str, int] = {}
    first_day: dict[str, date] = {}
    for day in ledger.call_days():
        calls[day.file_id] = calls.get(day.file_id, 0) + day.records
        first_day[day.file_id] = min(first_day.get(day.file_id, day.call_date), day.call_date)
    in_pieces = {file_id for (file_id,) in con.execute("select distinct file_id from raw.joined_pieces").fetchall()}
    rows: list[list[object]] = []
    for entry in register:
        named = [entry.file_id, entry.file_name, entry.file_kind]
        if entry.file_kind == "cdr" and entry.status == "loaded":
            day_one = first_day.get(entry.file_id)
            is_as_decoded = entry.file_id not in in_pieces and (day_one is None or f"{day_one:%Y-%m}" > last_closed)
            seconds = entry.read_seconds if is_as_decoded else None
            rows.append([*named, None, calls.get(entry.file_id, 0), seconds, None])
        elif entry.file_kind == "bank" and entry.status in ("loaded", "held"):
            lines = entry.data_rows - entry.set_aside_rows
            rows.append([*named, None, lines, None, _debited(ledger, entry)])
    for table in EXPORT_TABLES:
        for entry in list(snapshots_of(register, table).values())[-1:]:
            lines = entry.data_rows - entry.set_aside_rows
            rows.append([entry.file_id, entry.file_name, entry.file_kind, table, lines, None, None])
    con.execute(f"create or replace table raw.ledger_totals ({_COLUMNS})")
    insert_rows(con, "raw.ledger_totals", rows)


def _debited(ledger: FileLedger, entry: FileEntry) -> Decimal | None:
    """What the debits of a bank file sum to, by the figures that its decode gave; None for one that was never decoded."""
    facts = ledger.bank_batch(entry.file_id)
    if facts is None:
        return None
    return sum((Decimal(amount) for _, amount, *_ in facts["codes"].values()), Decimal("0.00"))
