"""Rows of the marts of receivables for small editions, from their bills and payments by the oracle. No product code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from tests.oracle import receivables

Row = dict[str, Any]


def receivables_rows(
    bills: Sequence[Mapping[str, Any]], applications: Sequence[Mapping[str, Any]], as_of: date
) -> dict[str, list[Row]]:
    """The rows of collection_curves, receivables_kpis and roll_rates."""
    issued, applied = [dict(row) for row in bills], [dict(row) for row in applications]
    found = {
        "collection_curves": receivables.collection_curves(issued, applied),
        "receivables_kpis": receivables.receivables_kpis(issued, applied, as_of),
        "roll_rates": receivables.roll_rates(issued, applied, as_of),
    }
    return {mart: [_with_floats(row) for row in rows] for mart, rows in found.items()}


def _with_floats(row: Row) -> Row:
    return {name: float(value) if isinstance(value, Fraction) else value for name, value in row.items()}
