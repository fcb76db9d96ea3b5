"""The published re-ratings as the raw schema has them, from the ledger: what they changed and what they posted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.reratings import Adjustment, AdjustmentLine, Change, columns_of, kept_rows

_TABLES: dict[str, type[Change] | type[Adjustment] | type[AdjustmentLine]] = {
    "rerating_changes": Change,
    "rerating_adjustments": Adjustment,
    "rerating_lines": AdjustmentLine,
}
_TYPES = {
    "is_period_closed": "boolean", "calls_before": "bigint", "calls_after": "bigint", "calls_changed": "bigint",
    "newly_rated_calls": "bigint", "no_longer_rated_calls": "bigint", "calls": "bigint", "call_date": "date",
    "amount_before": "decimal(18, 6)", "amount_after": "decimal(18, 6)",
    "amount": "decimal(18, 2)", "first_day": "date", "last_day": "date",
}  # fmt: skip


def create_reratings(con: duckdb.DuckDBPyConnection, ledger: FileLedger, as_of: date) -> None:
    """raw.rerating_changes, .rerating_adjustments and .rerating_lines: of the re-ratings that post into a period up to the
    month of the as-of date. Adjustments of a period that was reopened after them count no longer: its own calls have the new
    charge."""
    withdrawn = ledger.withdrawn_adjustments()
    for table, row_type in _TABLES.items():
        columns = columns_of(row_type)
        rows = [row for row in kept_rows(ledger.path, table) if row[-1] <= as_of.isoformat()[:7]]
        if "closed_period" in columns:
            closed_period = columns.index("closed_period")
            rows = [row for row in rows if (row[0], row[closed_period]) not in withdrawn]
        typed = ", ".join(f"cast({column} as {_TYPES.get(column, 'varchar')}) as {column}" for column in columns)
        con.register("kept_rows", _as_arrow(columns, rows))
        con.execute(f"create or replace table raw.{table} as select {typed} from kept_rows")
        con.unregister("kept_rows")


def _as_arrow(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> pa.Table:
    """One statement for all rows, which may be a million. Every value as text: the engine casts text exactly."""
    by_column: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [() for _ in columns]
    arrays = [pa.array([str(value) for value in values], pa.string()) for values in by_column]
    return pa.table(dict(zip(columns, arrays, strict=True)))
