"""The tables of a page as files: CSV that Excel reads with its Chinese whole, and typed XLSX. All rows, and the same totals.

Values are written as numbers, dates and texts. A text is never a formula: XLSX marks it as text, CSV sets an apostrophe before
one that a spreadsheet would compute.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import xlsxwriter

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.pages.model import Cell, Column, Details, Linked, Mark, Named, Page, Table

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
SUFFIXES = tuple(CONTENT_TYPES)

#: A spreadsheet computes a text that begins so.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
#: Excel's own bounds: rows of a sheet, characters of a cell, digits of a number that it keeps.
_MOST_ROWS = 1_048_576
_MOST_CHARACTERS = 32_767
_MOST_DIGITS = 15
_DECIMALS_OF_QUOTIENTS = 10
#: Quotients, whose digits have no end.
_RATIOS = ("decimal", "percent", "points")
_NUMBER_FORMATS = {
    "money": "#,##0.00",
    "amount": "#,##0.00####",
    "count": "#,##0",
    "decimal": "#,##0.00",
    "percent": "0.00%",
    "points": "+0.00;-0.00;0.00",
    "minutes": "#,##0",
    "day": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm:ss",
}
_WIDTHS = {"text": 22, "moment": 20, "day": 12, "flag": 8, "hour": 14}


def file_content(page: Page, table: Table, suffix: str) -> bytes:
    """A table of the page as a file. `suffix` is csv or xlsx. The same page gives the same bytes."""
    return as_csv(table, page.language) if suffix == "csv" else as_xlsx(page, table)


def as_csv(table: Table, language: str) -> bytes:
    """All rows and the total as CSV, in UTF-8 with the mark by which Excel knows it."""
    t = Translate.to(language)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    for row in _rows(table, t):
        writer.writerow([_csv_text(value) for value in row])
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(page: Page, table: Table) -> bytes:
    """All rows and the total as a workbook with typed cells; a second sheet says what they are and of which edition."""
    t = Translate.to(page.language)
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(target, options)
    # Of the edition, not of the moment: the same page gives the same bytes.
    book.set_properties({"created": datetime(2000, 1, 1), "title": page.title})
    rows = list(_rows(table, t))
    sheet = book.add_worksheet(t("files.data"))
    if len(rows) > _MOST_ROWS:
        # A sheet that is cut short would be a wrong total: say so in it, and leave the rows to the CSV.
        sheet.write_string(0, 0, t("files.too_many_rows", rows=formats.count(len(table.rows))))
    else:
        _fill(book, sheet, [column.kind for column, _ in _file_columns(table, t)], table, rows)
    about = book.add_worksheet(t("files.about"))
    about.set_column(0, 0, 18)
    about.set_column(1, 1, 90)
    for position, (label, value) in enumerate(_about(page, table, t)):
        about.write_string(position, 0, label)
        about.write_string(position, 1, value[:_MOST_CHARACTERS])
    book.close()
    return target.getvalue()


def _fill(
    book: xlsxwriter.Workbook, sheet: Any, kinds: Sequence[str], table: Table, rows: Sequence[Sequence[Any]]
) -> None:
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    made = {kind: book.add_format({"num_format": _NUMBER_FORMATS[kind]}) for kind in set(kinds) & set(_NUMBER_FORMATS)}
    bold = {
        kind: book.add_format({"bold": True, "top": 1, "num_format": _NUMBER_FORMATS.get(kind, "General")})
        for kind in set(kinds)
    }
    for position, kind in enumerate(kinds):
        sheet.set_column(position, position, _WIDTHS.get(kind, 16))
        sheet.write_string(0, position, rows[0][position], head)
    last = len(rows) - 1
    for number, row in enumerate(rows[1:], start=1):
        is_total = table.total is not None and number == last
        for position, (value, kind) in enumerate(zip(row, kinds, strict=True)):
            _write(sheet, number, position, value, kind, bold[kind] if is_total else made.get(kind))
    sheet.freeze_panes(1, 0)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(kinds) - 1)


def _write(sheet: Any, row: int, column: int, value: Any, kind: str, style: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value, style)
    elif isinstance(value, int | float | Decimal):
        # A number of Excel keeps so many digits. Of a ratio they are more than enough; of what is counted or owed none may be lost.
        if kind in _RATIOS or len(Decimal(str(value)).as_tuple().digits) <= _MOST_DIGITS:
            sheet.write_number(row, column, value, style)
        else:
            sheet.write_string(row, column, str(value), style)
    elif isinstance(value, datetime | date):
        sheet.write_datetime(row, column, value, style)
    else:
        sheet.write_string(row, column, str(value)[:_MOST_CHARACTERS], style)


def _rows(table: Table, t: Translate) -> Iterator[list[Any]]:
    """The head, all rows, and the total, each with bare values."""
    yield [label for _, label in _file_columns(table, t)]
    for cells in (*table.rows, *(() if table.total is None else (table.total,))):
        row: list[Any] = []
        for cell, column in zip(cells, table.columns, strict=True):
            if column.id_label:
                row.append(_member_id(cell))
            row.append(_value(cell, column, t))
        yield row


def _file_columns(table: Table, t: Translate) -> list[tuple[Column, str]]:
    """The columns of a file with their heads: of members of a dimension the ids come first."""
    columns: list[tuple[Column, str]] = []
    for column in table.columns:
        if column.id_label:
            columns.append((Column(column.id_label), column.id_label))
        columns.append((column, column.label + (t("labels.in_unit", unit=column.unit) if column.unit else "")))
    return columns


def _member_id(cell: Cell) -> str | None:
    value = cell.value if isinstance(cell, Mark | Linked) else cell
    return value.member_id or None if isinstance(value, Named) else None


def _value(cell: Cell, column: Column, t: Translate) -> Any:
    """The value of a cell for a file: a quantity as a number of the column's unit, anything else as it is read."""
    if isinstance(cell, Details) and cell.text:
        return f"{cell.summary}: {cell.text}"
    value = formats.plain(cell)
    if value is None or isinstance(value, str):
        return value
    if column.kind == "minutes":
        return formats.whole_minutes(value)
    if column.kind == "money":
        return Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP)
    if column.kind in ("percent", "points", "decimal"):
        # A quotient has digits without end, and a text in Excel where they are more than a number keeps.
        exact = formats.exact(value) * (100 if column.kind == "points" else 1)
        return round(exact, _DECIMALS_OF_QUOTIENTS).normalize()
    if column.kind in ("hour", "flag"):
        return formats.written(cell, column.kind, t)
    return value


def _csv_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return formats.clock(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int | float | date):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _about(page: Page, table: Table, t: Translate) -> list[tuple[str, str]]:
    filters = ", ".join(f"{t.code('filter', name)}: {value}" for name, value in page.target.params)
    lines = [
        (t("files.page"), page.heading),
        (t("files.table"), table.title),
        (t("site.definition"), table.definition),
        (t("files.filters"), filters),
        *((fact.label, fact.value) for fact in page.facts),
        (t("files.rows"), formats.count(len(table.rows))),
    ]
    if table.how is not None:
        lines.extend((t("files.mart"), mart.mart) for mart in table.how.marts)
        lines.extend((t("labels.sql"), query.sql) for query in table.how.queries)
    return [(label, value) for label, value in lines if value]
