"""Files of tables: all rows and the total, typed, whole in Chinese, and never a formula."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from dashboards.pages.model import Cell, Column, Details, Linked, Mark, Named, Table, Target
from dashboards.renderers.files import as_csv, file_content
from dashboards.renderers.layout import SHOWN_ROWS, laid_out
from dashboards.renderers.links import ServedLinks
from tests.dashboards.reading import drawn, table_of

COLUMNS = (
    Column("经营部", id_label="经营部编号"),
    Column("应收", "money", "元"),
    Column("批价", "amount"),
    Column("户数", "count"),
    Column("实收率", "percent"),
    Column("变化", "points"),
    Column("通话", "count"),
    Column("日期", "day"),
    Column("时刻", "moment"),
    Column("忙时", "hour"),
    Column("催缴", "flag"),
    Column("备注"),
)
ROW: tuple[Cell, ...] = (
    Named("城东经营部", "U1"), Decimal("1234567.80"), Decimal("0.123456"), 12345, 0.9643, Decimal("-0.1500"), 62,
    date(2026, 2, 9), datetime(2026, 2, 9, 23, 5, 1), 23, True, "正常",
)  # fmt: skip
NOTHING: tuple[Cell, ...] = (Named("未归属", ""), *(None,) * 11)
TOTAL: tuple[Cell, ...] = ("合计", Decimal("1234567.80"), Decimal("0.123456"), 12345, *(None,) * 8)


def csv_rows(table: Table, language: str = "zh") -> list[list[str]]:
    return list(csv.reader(io.StringIO(as_csv(table, language).decode("utf-8-sig"))))


def sheet_of(table: Table, edition_dir: Path) -> openpyxl.worksheet.worksheet.Worksheet:
    page = replace(drawn(edition_dir, "overview", "zh"), sections=())
    return openpyxl.load_workbook(io.BytesIO(file_content(page, table, "xlsx"))).worksheets[0]


def test_csv_has_bare_values_in_the_columns_unit() -> None:
    head, row, empty, total = csv_rows(Table(COLUMNS, (ROW, NOTHING), total=TOTAL))
    assert head[:3] == ["经营部编号", "经营部", "应收（元）"]
    assert row == [
        "U1", "城东经营部", "1234567.80", "0.123456", "12345", "0.9643", "-15", "62", "2026-02-09", "2026-02-09 23:05:01",
        "23:00–24:00", "是", "正常",
    ]  # fmt: skip
    assert empty == ["", "未归属", *[""] * 11]
    assert total[:5] == ["", "合计", "1234567.80", "0.123456", "12345"]


def test_xlsx_has_typed_cells(edition_dir: Path) -> None:
    sheet = sheet_of(Table(COLUMNS, (ROW, NOTHING), total=TOTAL), edition_dir)
    values = [cell.value for cell in sheet[2]]
    assert values == [
        "U1", "城东经营部", 1234567.8, 0.123456, 12345, 0.9643, -15, 62, datetime(2026, 2, 9), datetime(2026, 2, 9, 23, 5, 1),
        "23:00–24:00", "是", "正常",
    ]  # fmt: skip
    assert sheet["C2"].number_format == "#,##0.00" and sheet["F2"].number_format == "0.00%"
    assert sheet.max_row == 4 and sheet["B4"].value == "合计" and sheet["C4"].value == 1234567.8
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == "A1:M3", "the total is not sorted among the rows"


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|'/c calc'!A0",
        "=1+1",
        "+1",
        "-1+2",
        "@SUM(A1)",
        "＝1+1",
        "＠x",
        "\t=1",
        "\r=1",
        "\n=1",
        '=HYPERLINK("http://x")',
    ],
)
def test_no_text_is_a_formula_in_a_file(edition_dir: Path, text: str) -> None:
    for cell in (text, Named(text, text), Mark(text, "bad"), Linked(text, Target("overview")), Details(text)):
        table = Table((Column(text, id_label=text),), ((cell,),), total=(text,))
        for row in csv_rows(table):
            assert all(value == "" or value.startswith("'") for value in row), row
        sheet = sheet_of(table, edition_dir)
        for row in sheet.iter_rows():
            assert all(each.data_type in ("s", "n") and (each.value is None or each.data_type == "s") for each in row)
            assert sheet["B2"].hyperlink is None


def test_a_negative_amount_is_a_number_in_both() -> None:
    assert csv_rows(Table((Column("x", "money"),), ((Decimal("-2.25"),),)))[1] == ["-2.25"]


def test_a_number_with_more_digits_than_excel_keeps_is_a_text(edition_dir: Path) -> None:
    """9007199254740993.01 would come out as 9007199254740990 in Excel."""
    table = Table((Column("x", "money"),), ((Decimal("9007199254740993.01"),),))
    assert sheet_of(table, edition_dir)["A2"].value == "9007199254740993.01"
    assert csv_rows(table)[1] == ["9007199254740993.01"]


def test_a_ratio_is_a_number_whatever_its_digits(edition_dir: Path) -> None:
    """A third has no last digit: ten decimals of it are kept, and nobody owes the rest."""
    table = Table((Column("x", "percent"), Column("y", "decimal")), ((Decimal(1) / 3, 0.4998951409950313),))
    first, second = sheet_of(table, edition_dir)[2]
    assert (first.data_type, second.data_type) == ("n", "n")
    assert (first.value, second.value) == (0.3333333333, 0.499895141)


def test_the_page_shows_some_rows_and_the_files_all(edition_dir: Path) -> None:
    rows = tuple((f"K{number}", Decimal(number)) for number in range(100_000))
    table = Table((Column("x"), Column("y", "money")), rows, name="many", total=("Σ", Decimal(4_999_950_000)))
    page = drawn(edition_dir, "overview")
    section = replace(page.sections[0], blocks=(table,), tiles=())
    (laid,) = laid_out(replace(page, sections=(section,)), ServedLinks("en", frozenset()))
    shown = laid.rows[0].first
    assert len(shown.rows) == SHOWN_ROWS and shown.hidden_rows == 100_000 - SHOWN_ROWS  # type: ignore[union-attr]
    written = csv_rows(table)
    assert len(written) == 100_002 and sum(Decimal(row[1]) for row in written[1:-1]) == Decimal(written[-1][1])


def test_more_rows_than_a_sheet_holds_is_said_and_not_cut(edition_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboards.renderers.files.MOST_ROWS", 3)
    rows = tuple((str(number),) for number in range(5))
    sheet = sheet_of(Table((Column("x"),), rows, name="many"), edition_dir)
    assert sheet["A1"].value is not None and "5" in sheet["A1"].value and sheet.max_row == 1


def test_screen_and_files_agree(edition_dir: Path) -> None:
    page = drawn(edition_dir, "overview")
    for table in page.tables():
        rows = csv_rows(table, "en")
        assert len(rows) == 1 + len(table.rows) + (table.total is not None)
        sheet = openpyxl.load_workbook(io.BytesIO(file_content(page, table, "xlsx"))).worksheets[0]
        assert sheet.max_row == len(rows)
    assert table_of(page, "by_business_unit").total is not None


def test_the_same_page_gives_the_same_file(edition_dir: Path) -> None:
    page = drawn(edition_dir, "overview", "zh")
    table = table_of(page, "by_business_unit")
    assert file_content(page, table, "xlsx") == file_content(page, table, "xlsx")
    about = openpyxl.load_workbook(io.BytesIO(file_content(page, table, "xlsx"))).worksheets[1]
    facts = {row[0].value: row[1].value for row in about.iter_rows()}
    assert (
        facts["版本"] == page.facts[0].value and facts["行数"] == "2" and "select" in facts["对已发布数据表的 SQL 查询"]
    )


def test_a_quotient_is_a_number_with_ten_decimals(edition_dir: Path) -> None:
    """2 / 3 has digits without end; Excel keeps fifteen, and would take more for a text."""
    table = Table((Column("x", "percent"), Column("y", "decimal")), ((Decimal(2) / Decimal(3), 1 / 3),))
    assert csv_rows(table)[1] == ["0.6666666667", "0.3333333333"]
    assert [cell.value for cell in sheet_of(table, edition_dir)[2]] == [0.6666666667, 0.3333333333]
