"""Single values in files for spreadsheets, shared by the tables of pages and the finance files: as the text of a CSV field, and as a
typed cell of a workbook.

A text is never a formula: XLSX marks it as text, CSV sets an apostrophe before one that a spreadsheet would compute.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.pages.model import Kind
from orchestration.printable import spreadsheet_text

#: Excel's own bounds: rows of a sheet, characters of a cell, digits of a number that it keeps.
MOST_ROWS = 1_048_576
MOST_CHARACTERS = 32_767
_MOST_DIGITS = 15
#: Options of a workbook with which a text stays a text.
TEXTS_STAY_TEXTS = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
#: The number format of each kind that has one.
NUMBER_FORMATS = {
    "money": "#,##0.00",
    "amount": "#,##0.00####",
    "count": "#,##0",
    "decimal": "#,##0.00",
    "percent": "0.00%",
    "points": "+0.00;-0.00;0.00",
    "day": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm:ss",
}

_DECIMALS_OF_QUOTIENTS = 10
#: Quotients, whose digits have no end.
_RATIOS = ("decimal", "percent", "points")
_WIDTHS = {"text": 22, "moment": 20, "day": 12, "flag": 8, "hour": 14}
_USUAL_WIDTH = 16


def column_width(kind: Kind) -> int:
    """How wide a column of a kind is in a workbook."""
    return _WIDTHS.get(kind, _USUAL_WIDTH)


def file_value(value: Any, kind: Kind, t: Translate) -> Any:
    """A value as it is written into a file: a quantity as a number of its column's unit, anything else as it is read."""
    if value is None or isinstance(value, str):
        return value
    if kind == "money":
        return Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP)
    if kind in _RATIOS:
        # A quotient has digits without end, and a text in Excel where they are more than a number keeps.
        exact = formats.exact(value) * (100 if kind == "points" else 1)
        return round(exact, _DECIMALS_OF_QUOTIENTS).normalize()
    if kind in ("hour", "flag"):
        return formats.written(value, kind, t)
    return value


def csv_text(value: Any) -> str:
    """A value as a field of a CSV file."""
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
    return spreadsheet_text(str(value))


def write_cell(sheet: Any, row: int, column: int, value: Any, kind: Kind, style: Any) -> None:
    """Write a value into a sheet of xlsxwriter with the type of its kind; an empty one leaves the cell empty."""
    if value is None:
        return
    if isinstance(value, str):  # most cells are: of 200 000 bills two million
        sheet.write_string(row, column, value[:MOST_CHARACTERS], style)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, style)
    elif isinstance(value, int | float | Decimal):
        if kind in _RATIOS or _digits(value) <= _MOST_DIGITS:
            sheet.write_number(row, column, value, style)
        else:
            sheet.write_string(row, column, str(value), style)
    elif isinstance(value, datetime | date):
        sheet.write_datetime(row, column, value, style)
    else:
        sheet.write_string(row, column, str(value)[:MOST_CHARACTERS], style)


def _digits(value: float | Decimal) -> int:
    """How many digits a number is written with. Excel keeps 15: enough for a ratio, but of what is counted or owed none may be lost."""
    return len((value if isinstance(value, Decimal) else Decimal(str(value))).as_tuple().digits)
