"""What an asset's page and a check's page show: tables, totals that can be plotted, the code, and what a failed check does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import dagster as dg

#: A failed check that is reported and keeps nothing back.
REPORTED = dg.AssetCheckSeverity.WARN
#: A failed check that keeps the edition back, or ends the run.
KEEPS_BACK = dg.AssetCheckSeverity.ERROR

_MOST_ROWS = 100


def table(rows: Sequence[Mapping[str, object]], columns: Sequence[str] = ()) -> dg.TableMetadataValue:
    """Rows as a table; a value that Dagster has no cell for is shown as text. `columns` are those of a table without rows."""
    names = list(rows[0]) if rows else list(columns)
    return dg.MetadataValue.table(
        records=[dg.TableRecord({name: _cell(row.get(name)) for name in names}) for row in rows[:_MOST_ROWS]],
        schema=dg.TableSchema([dg.TableColumn(name, "string") for name in names]),
    )


def plotted(value: Decimal | int | None) -> dg.FloatMetadataValue | dg.IntMetadataValue:
    """A total as a point of a plot, which Dagster draws from binary numbers only. The exact total is beside it as text."""
    return dg.MetadataValue.int(value) if isinstance(value, int) else dg.MetadataValue.float(float(value or 0))


def code_at(path: Path, label: str) -> dg.CodeReferencesMetadataValue:
    """A link to the file that makes an asset."""
    return dg.CodeReferencesMetadataValue(code_references=[dg.LocalFileCodeReference(file_path=str(path), label=label)])


def _cell(value: object) -> str | int | bool:
    if value is None:
        return ""
    return value if isinstance(value, bool | int) and abs(int(value)) < 2**53 else str(value)
