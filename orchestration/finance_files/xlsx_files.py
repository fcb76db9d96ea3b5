"""Sheets as a workbook: typed cells, heads that stay, and a cover that says what it is of. In constant memory, however many rows.

A sheet has at most so many rows as Excel holds; the rest goes on in a sheet of the same name with a number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xlsxwriter

from dashboards.i18n import Translate
from dashboards.pages.model import Kind
from dashboards.renderers.file_cells import (
    MOST_CHARACTERS,
    MOST_ROWS,
    NUMBER_FORMATS,
    TEXTS_STAY_TEXTS,
    column_width,
    write_cell,
)
from orchestration.finance_files.cover import Cover
from orchestration.finance_files.sheets import FileColumn, SheetRows

_LONGEST_SHEET_NAME = 31
_LABEL_WIDTH, _VALUE_WIDTH, _FIGURE_WIDTH = 30, 60, 20
_NOT_IN_SHEET_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


def write_xlsx(path: Path, sheets: Sequence[SheetRows], cover: Callable[[], Cover], t: Translate) -> None:
    """Write the cover and every sheet. `cover` is asked when all rows are read: it has their totals."""
    # xlsxwriter keeps the rows of a sheet in a file until the end; beside the workbook there is room for them.
    with TemporaryDirectory(prefix=".xlsx-", dir=path.parent) as folder:
        book = xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": folder, **TEXTS_STAY_TEXTS})
        first = book.add_worksheet(t("finance_files.cover.sheet"))
        for rows in sheets:
            _write_rows(book, rows)
        made = cover()
        # Of the edition, not of the moment: the same edition gives the same bytes.
        book.set_properties({"created": datetime.combine(made.as_of, datetime.min.time()), "title": made.title})
        _write_cover(book, first, made, t)
        book.close()


def _write_rows(book: xlsxwriter.Workbook, rows: SheetRows) -> None:
    columns = rows.columns()
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    styles = [_style(book, each.kind) for each in columns]
    kinds = [each.kind for each in columns]
    number = 1
    sheet = _new_sheet(book, rows.title, number, columns, head)
    last = 0
    for values in rows.columns_of_batches():
        for row in zip(*values, strict=True):
            if last + 1 == MOST_ROWS:
                _finish(sheet, last, len(columns))
                number, last = number + 1, 0
                sheet = _new_sheet(book, rows.title, number, columns, head)
            last += 1
            for position, (value, kind, style) in enumerate(zip(row, kinds, styles, strict=True)):
                write_cell(sheet, last, position, value, kind, style)
    _finish(sheet, last, len(columns))


def _style(book: xlsxwriter.Workbook, kind: Kind) -> Any:
    return book.add_format({"num_format": NUMBER_FORMATS[kind]}) if kind in NUMBER_FORMATS else None


def _new_sheet(book: xlsxwriter.Workbook, title: str, number: int, columns: Sequence[FileColumn], head: Any) -> Any:
    suffix = "" if number == 1 else f" {number}"
    name = title.translate(_NOT_IN_SHEET_NAMES)[: _LONGEST_SHEET_NAME - len(suffix)] + suffix
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for position, each in enumerate(columns):
        sheet.set_column(position, position, column_width(each.kind))
        sheet.write_string(0, position, each.head, head)
    return sheet


def _finish(sheet: Any, last: int, columns: int) -> None:
    if last:
        sheet.autofilter(0, 0, last, columns - 1)


def _write_cover(book: xlsxwriter.Workbook, sheet: Any, cover: Cover, t: Translate) -> None:
    title = book.add_format({"bold": True, "font_size": 16})
    bold = book.add_format({"bold": True, "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    warning = book.add_format({"bold": True, "font_color": "#b00020"})
    styles = {kind: _style(book, kind) for kind in {total.kind for total in cover.totals}}
    sheet.set_column(0, 0, _LABEL_WIDTH)
    sheet.set_column(1, 1, _VALUE_WIDTH)
    sheet.set_column(2, 3, _FIGURE_WIDTH)
    sheet.write_string(0, 0, cover.title, title)
    line = 1
    if cover.warning:
        sheet.write_string(line, 0, cover.warning, warning)
        line += 1
    line += 1
    for label, value in cover.facts:
        sheet.write_string(line, 0, label)
        sheet.write_string(line, 1, value[:MOST_CHARACTERS], wrapped)
        line += 1
    line = _heads(sheet, line + 1, bold, t, "totals_title", "sheet_name", "column", "total")
    for total in cover.totals:
        sheet.write_string(line, 0, total.sheet)
        sheet.write_string(line, 1, total.label)
        write_cell(sheet, line, 2, total.value, total.kind, styles.get(total.kind))
        line += 1
    if not cover.gates:
        return
    line = _heads(sheet, line + 1, bold, t, "gates_title", "gate", "claim", "outcome")
    for gate in cover.gates:
        for position, text in enumerate((gate.name, gate.claim, gate.outcome)):
            sheet.write_string(line, position, text[:MOST_CHARACTERS], wrapped)
        line += 1


def _heads(sheet: Any, line: int, style: Any, t: Translate, title: str, *names: str) -> int:
    """A title and a line of heads; the line after them."""
    sheet.write_string(line, 0, t(f"finance_files.cover.{title}"), style)
    for position, name in enumerate(names):
        sheet.write_string(line + 1, position, t(f"finance_files.cover.{name}"), style)
    return line + 2
