"""The tables of a page as files: CSV that Excel reads with its Chinese whole, and typed XLSX. All rows, and the same totals.

How a single value is written is in file_cells.py.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.pages.model import Cell, Column, Details, Kind, Linked, Mark, Named, Page, Table
from dashboards.renderers.file_cells import (
    MOST_CHARACTERS,
    MOST_ROWS,
    NUMBER_FORMATS,
    TEXTS_STAY_TEXTS,
    column_width,
    csv_text,
    file_value,
    write_cell,
)

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
SUFFIXES = tuple(CONTENT_TYPES)
_SHEET_NAME_CHARACTERS = 31


def file_content(page: Page, table: Table, suffix: str) -> bytes:
    """A table of the page as a file. `suffix` is csv or xlsx. The same page gives the same bytes."""
    return as_csv(table, page.language) if suffix == "csv" else as_xlsx(page, table)


def as_csv(table: Table, language: str) -> bytes:
    """All rows and the total as CSV, in UTF-8 with the mark by which Excel knows it."""
    t = Translate.to(language)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    for row in _rows(table, t):
        writer.writerow([csv_text(value) for value in row])
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(page: Page, table: Table) -> bytes:
    """All rows and the total as a workbook with typed cells; a second sheet says what they are and of which edition."""
    t = Translate.to(page.language)
    return _workbook(page, [(t("files.data"), table)], t)


def page_workbook(page: Page) -> bytes:
    """All tables of the page, each with all rows and its total in a sheet of its own; the last sheet says what they are."""
    t = Translate.to(page.language)
    names = _sheet_names([table.title or table.name for table in page.tables()], t("files.about"))
    return _workbook(page, list(zip(names, page.tables(), strict=True)), t)


def _workbook(page: Page, sheets: Sequence[tuple[str, Table]], t: Translate) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, **TEXTS_STAY_TEXTS})
    # Of the edition, not of the moment: the same page gives the same bytes.
    book.set_properties({"created": datetime(2000, 1, 1), "title": page.title})
    for name, table in sheets:
        rows = list(_rows(table, t))
        sheet = book.add_worksheet(name)
        if len(rows) > MOST_ROWS:
            # A sheet that is cut short would be a wrong total: say so in it, and leave the rows to the CSV.
            sheet.write_string(0, 0, t("files.too_many_rows", rows=formats.count(len(table.rows))))
        else:
            _fill(book, sheet, [column.kind for column, _ in _file_columns(table, t)], table, rows)
    about = book.add_worksheet(t("files.about"))
    about.set_column(0, 0, 18)
    about.set_column(1, 1, 90)
    lines = [line for _, table in sheets for line in (*_about(page, table, t), ("", ""))][:-1]
    for position, (label, value) in enumerate(lines):
        about.write_string(position, 0, label)
        about.write_string(position, 1, value[:MOST_CHARACTERS])
    book.close()
    return target.getvalue()


def _sheet_names(titles: Sequence[str], taken: str) -> list[str]:
    """Names that Excel takes: at most 31 characters, without brackets, colon, star, question mark and slashes, no two alike."""
    names: list[str] = []
    used = {taken.casefold()}
    for title in titles:
        whole = "".join(" " if letter in "[]:*?/\\" else letter for letter in title).strip(" '")
        name, number = whole[:_SHEET_NAME_CHARACTERS].rstrip(" '"), 1
        while name.casefold() in used:
            number += 1
            end = f" ({number})"
            name = whole[: _SHEET_NAME_CHARACTERS - len(end)] + end
        used.add(name.casefold())
        names.append(name)
    return names


def _fill(
    book: xlsxwriter.Workbook, sheet: Any, kinds: Sequence[Kind], table: Table, rows: Sequence[Sequence[Any]]
) -> None:
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    made = {kind: book.add_format({"num_format": NUMBER_FORMATS[kind]}) for kind in set(kinds) & set(NUMBER_FORMATS)}
    bold = {
        kind: book.add_format({"bold": True, "top": 1, "num_format": NUMBER_FORMATS.get(kind, "General")})
        for kind in set(kinds)
    }
    for position, kind in enumerate(kinds):
        sheet.set_column(position, position, column_width(kind))
        sheet.write_string(0, position, rows[0][position], head)
    last = len(rows) - 1
    for number, row in enumerate(rows[1:], start=1):
        is_total = table.total is not None and number == last
        for position, (value, kind) in enumerate(zip(row, kinds, strict=True)):
            write_cell(sheet, number, position, value, kind, bold[kind] if is_total else made.get(kind))
    sheet.freeze_panes(1, 0)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(kinds) - 1)


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
    return file_value(formats.plain(cell), column.kind, t)


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
