"""Tables of a PDF from the rows of sheets: cells as people read them, heads and widths by the kinds of the columns."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.pages.model import Kind
from orchestration.finance_files.pdf import PdfColumn, PdfDocument
from orchestration.finance_files.sheets import FileColumn, SheetRows

#: How much of a line a column gets, by its kind.
_SHARES = {
    "money": 1.5,
    "amount": 1.5,
    "count": 1.1,
    "percent": 1.2,
    "day": 1.4,
    "moment": 2.1,
    "flag": 0.9,
    "period": 1.1,
}
_USUAL_SHARE = 1.8
#: Columns of whole sentences.
_SENTENCES = {"how_it_came": 4.5}
#: A wider page for more columns than these.
MOST_COLUMNS_UPRIGHT = 8


def shown(value: Any, kind: Kind, t: Translate) -> str:
    """A value as it stands on paper; an empty one is a dash."""
    return formats.written(value, kind, t)


def add_rows(document: PdfDocument, rows: SheetRows) -> None:
    """Add the heading of a sheet and its table with the sums below, or the sentence that it has no rows."""
    t = rows.t
    document.heading(rows.title)
    columns = rows.columns()
    lines = [
        [shown(value, column.kind, t) for value, column in zip(row, columns, strict=True)]
        for values in rows.columns_of_batches()
        for row in zip(*values, strict=True)
    ]
    if not lines:
        document.text(t("finance_files.no_rows"))
        return
    document.table([pdf_column(column) for column in columns], lines, _total(rows, columns))


def pdf_column(column: FileColumn) -> PdfColumn:
    """A column of a sheet as one of a PDF."""
    share = _SENTENCES.get(column.name) or share_of_kind(column.kind)
    return PdfColumn(column.head, share, column.is_figure)


def share_of_kind(kind: Kind) -> float:
    """How much of a line a column of a kind gets."""
    return _SHARES.get(kind, _USUAL_SHARE)


def _total(rows: SheetRows, columns: Sequence[FileColumn]) -> list[str] | None:
    if not rows.sheet.sums:
        return None
    sums: dict[str, Decimal] = rows.totals
    cells = [
        shown(sums[column.name], column.kind, rows.t) if column.name in sums and column.is_figure else ""
        for column in columns
    ]
    return [cells[0] or rows.t("site.total"), *cells[1:]]
