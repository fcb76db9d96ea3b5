"""The files of every table, as the server gives them, opened as their readers open them: the same rows and totals as the page."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import httpx
import openpyxl
import pytest

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.pages.model import FIGURES, Column, Page, Table
from dashboards.params import Params
from dashboards.renderers.files import file_content
from dashboards.renderers.layout import SHOWN_ROWS
from dashboards.site_map import BY_NAME, draw
from dashboards.view import BranchFiles, View
from orchestration.settings import Settings
from tests.e2e.branch import ISSUED, MANY, NAMES, PARTS
from tests.e2e.conftest import Watched
from tests.e2e.filters import address, filled, names_of_pages

# What a spreadsheet would compute.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
# The text of every table with files, and the address of its workbook.
_SHOWN = """() => Array.from(document.querySelectorAll('table[data-table]')).map(table => {
  const texts = row => Array.from(row.cells).map(cell => cell.textContent.trim());
  const below = table.closest('.scroll').parentElement.querySelectorAll('a[download]');
  return {
    name: table.dataset.table,
    rows: Array.from(table.tBodies[0].rows).map(texts),
    foot: table.tFoot ? texts(table.tFoot.rows[0]) : null,
    xlsx: Array.from(below).map(each => each.getAttribute('href')).find(
      each => each.split('?')[0].endsWith('/' + table.dataset.table + '.xlsx')),
  };
})"""


@pytest.fixture(scope="module")
def client(origin: str) -> Iterator[httpx.Client]:
    """A program that downloads."""
    with httpx.Client(base_url=origin, timeout=60) as made:
        yield made


@pytest.fixture(scope="module")
def branch_view(branch_settings: Settings) -> Iterator[View]:
    """The branch as the server shows it."""
    files_of_branch = BranchFiles(branch_settings.reference, branch_settings.notices)
    with View.current(branch_settings.published, branch=files_of_branch) as view:
        yield view


def downloaded(client: httpx.Client, path: str) -> bytes:
    answer = client.get(path)
    assert answer.status_code == 200, path
    assert "attachment" in answer.headers["content-disposition"]
    return answer.content


def csv_rows(content: bytes) -> list[list[str]]:
    """The rows of a CSV file that begins as Excel wants it."""
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def sheet_cells(content: bytes) -> list[tuple[Any, ...]]:
    """The cells of a workbook's first sheet, none of which may be a formula."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    cells = list(sheet.iter_rows())
    assert not [cell.coordinate for row in cells for cell in row if cell.data_type == "f"]
    return [tuple(cell.value for cell in row) for row in cells]


def columns_of_file(table: Table) -> list[tuple[int | None, Column]]:
    """For each column of a file the place of its table's column; None for the ids that stand before members' names."""
    found: list[tuple[int | None, Column]] = []
    for place, column in enumerate(table.columns):
        if column.id_label:
            found.append((None, column))
        found.append((place, column))
    return found


def as_shown(value: Any, column: Column, t: Translate) -> str:
    """How the page writes a value that stands in a workbook."""
    if value is None:
        return "–"
    if column.kind in FIGURES and isinstance(value, int | float):
        exact = Decimal(str(value))
        return formats.written(exact / 100 if column.kind == "points" else exact, column.kind, t)
    if isinstance(value, datetime):
        return formats.written(value.date() if column.kind == "day" else value, column.kind, t)
    return str(value)


def assert_files_are_the_table(page: Page, table: Table, as_csv: bytes, as_xlsx: bytes) -> None:
    t = Translate.to(page.language)
    where = (page.name, table.name, page.target.params)
    rows, cells = csv_rows(as_csv), sheet_cells(as_xlsx)
    columns = columns_of_file(table)
    wanted = [*table.rows, *([] if table.total is None else [table.total])]
    assert len(rows) == len(cells) == 1 + len(wanted), where
    assert all(len(row) == len(columns) for row in rows), where
    assert not [field for row in rows for field in row if field.startswith(_FORMULAS) and not is_number(field)], where
    for (place, column), head in zip(columns, cells[0], strict=True):
        assert place is None or str(head).startswith(column.label), where
    for of_page, of_csv, of_sheet in zip(wanted, rows[1:], cells[1:], strict=True):
        for position, (place, column) in enumerate(columns):
            if place is None:
                continue
            plain = formats.plain(of_page[place])
            found = of_sheet[position] if position < len(of_sheet) else None
            if plain is None:
                assert (of_csv[position], found) == ("", None), where
            elif isinstance(plain, Decimal | int | float) and column.kind in FIGURES:
                assert is_number(of_csv[position]) and isinstance(found, int | float), (where, column.label, found)
                assert as_shown(found, column, t) == formats.written(of_page[place], column.kind, t), (
                    where,
                    column.label,
                )
                assert abs(Decimal(of_csv[position]) - Decimal(str(found))) < Decimal("1e-9"), (where, column.label)
            elif isinstance(plain, date):
                assert isinstance(found, datetime) and of_csv[position].startswith(f"{found:%Y-%m-%d}"), where
            elif isinstance(plain, str) and plain:
                assert of_csv[position].removeprefix("'") == found, where


def is_number(text: str) -> bool:
    """Whether a field of a CSV file is a number."""
    return text.removeprefix("-").replace(".", "", 1).replace("e-", "", 1).isdigit()


@pytest.mark.parametrize("name", names_of_pages())
def test_downloads_are_the_tables_of_the_page(name: str, client: httpx.Client, branch_view: View) -> None:
    """As the server sends them."""
    page = draw(name, branch_view, Params("zh"))
    for table in page.tables():
        of_csv, of_xlsx = (
            downloaded(client, address("zh", name, {}, f"{table.name}.{suffix}")) for suffix in ("csv", "xlsx")
        )
        assert_files_are_the_table(page, table, of_csv, of_xlsx)


@pytest.mark.parametrize("name", names_of_pages())
def test_files_follow_the_filters(name: str, branch_view: View) -> None:
    for values in filled(branch_view, BY_NAME[name])[1:]:
        page = draw(name, branch_view, Params("en", values))
        for table in page.tables():
            of_csv, of_xlsx = (file_content(page, table, suffix) for suffix in ("csv", "xlsx"))
            assert_files_are_the_table(page, table, of_csv, of_xlsx)


@pytest.mark.parametrize("name", names_of_pages())
def test_screen_has_the_rows_and_totals_of_the_files(
    name: str, watched: Watched, client: httpx.Client, branch_view: View
) -> None:
    """Every quantity that the browser shows, and its foot, against the workbook behind the table's own link."""
    t = Translate.to("en")
    tables = {table.name: table for table in draw(name, branch_view, Params("en")).tables()}
    shown = watched.open(address("en", name, {})).evaluate(_SHOWN)
    assert {each["name"] for each in shown} == set(tables)
    for each in shown:
        columns = columns_of_file(tables[each["name"]])
        cells = sheet_cells(downloaded(client, each["xlsx"]))
        has_foot = each["foot"] is not None
        rows = cells[1 : len(cells) - has_foot]
        assert len(each["rows"]) == min(len(rows), SHOWN_ROWS), each["name"]
        pairs = [*zip(each["rows"], rows, strict=False), *([(each["foot"], cells[-1])] if has_foot else [])]
        for of_screen, of_sheet in pairs:
            for position, (place, column) in enumerate(columns):
                if place is not None and column.kind in FIGURES:
                    found = of_sheet[position] if position < len(of_sheet) else None
                    wanted = "" if found is None and of_screen is each["foot"] else as_shown(found, column, t)
                    assert of_screen[place] == wanted, (each["name"], column.label)


def test_long_table_says_how_much_is_shown_and_its_files_have_all(watched: Watched, client: httpx.Client) -> None:
    """300 problems and two for each part with an outlet: 200 on the page, all in the files."""
    page = watched.open(address("en", "outlet", {}))
    table = page.locator("table[data-table=to_do]")
    assert table.locator("tbody tr").count() == SHOWN_ROWS == 200
    rows = csv_rows(downloaded(client, address("en", "outlet", {}, "to_do.csv")))
    problems = [row for row in rows if any(field.startswith("part") and "-K" in field for field in row)]
    assert len(problems) == MANY + 2 * 4


def test_bills_sum_to_what_the_branch_billed(client: httpx.Client) -> None:
    """The bills of February, added up by hand: amount(2) and amount(3) of each part."""
    billed = sum((part.amount(2) + part.amount(3) for part in PARTS), Decimal(0))
    for file in ("revenue_by_unit", "revenue_by_item", "revenue_by_class"):
        cells = sheet_cells(downloaded(client, address("zh", "bills", {"period": ISSUED[1]}, f"{file}.xlsx")))
        assert any(isinstance(value, float | int) and Decimal(str(value)) == billed for value in cells[-1]), (
            file,
            cells[-1],
        )


def test_names_are_names(client: httpx.Client) -> None:
    """Chinese is whole, and a name that looks like a formula or markup is the name and nothing else."""
    path = {"period": ISSUED[1]}
    rows = csv_rows(downloaded(client, address("zh", "overview", path, "by_business_unit.csv")))
    cells = sheet_cells(downloaded(client, address("zh", "overview", path, "by_business_unit.xlsx")))
    names = {value for row in cells for value in row if isinstance(value, str)}
    fields = {field for row in rows for field in row}
    for unit in ("U1", "U2"):
        name = NAMES["business_unit", unit][0]
        assert name in names
        assert (f"'{name}" if name.startswith("=") else name) in fields
