"""Finance files are read again by other programs: every row is there, all formats agree to the fen, and no text is a formula."""

from __future__ import annotations

import csv
import json
import re
import stat
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet
import pytest
from pypdf import PdfReader

from dashboards.i18n import Translate
from dashboards.view import View
from orchestration.errors import TollhouseError, UsageError
from orchestration.finance_files import agent_statement, exporting, pdf, table_pdf
from orchestration.finance_files.declarations import FILE_KINDS, FORMATS, QUERIES, query_reads, query_text
from orchestration.finance_files.exporting import ExportOutcome, export_finance_files
from orchestration.finance_files.sheets import SheetRows
from orchestration.settings import Settings
from orchestration.storage.durable import sha256_of
from tests.dashboards.editions import Rows, declared_columns
from tests.finance_files.conftest import DANGEROUS, MARTS, bill, settings_of

#: Worked by hand from conftest: per kind and sheet the rows, and one sum with the column that has it.
EXPECTED: Mapping[str, Mapping[str, tuple[int, str, Decimal]]] = {
    "commissions": {
        "statements": (1, "amount", Decimal("23.00")),
        "lines": (2, "amount", Decimal("23.00")),
        "bases": (3, "basis_amount", Decimal("100.10")),
        "restatements": (0, "amount", Decimal(0)),
        "collection": (2, "receivable", Decimal("350.30")),
    },
    "collections": {
        "branch": (1, "received", Decimal("240.10")),
        "business_unit": (1, "received", Decimal("240.10")),
        "agent": (2, "received", Decimal("240.10")),
        "outlet": (1, "received", Decimal("240.10")),
        "customer_class": (1, "received", Decimal("240.10")),
    },
    "bills": {"bills": (3, "amount", Decimal("350.30")), "bill_lines": (5, "amount", Decimal("350.30"))},
    "debits": {
        "batches": (1, "success_amount", Decimal("50.00")),
        "failures": (1, "amount", Decimal("20.00")),
        "corrections": (0, "", Decimal(0)),
        "mismatches": (0, "amount", Decimal(0)),
    },
    "providers": {"settlements": (1, "share_amount", Decimal("1.44")), "calls": (1, "amount", Decimal("2.40"))},
    "receivables": {
        "bills": (3, "open_amount", Decimal("110.20")),
        "arrears": (2, "amount", Decimal("110.20")),
        "adjustments": (1, "counted_amount", Decimal("-2.00")),
        "write_offs": (1, "counted_amount", Decimal("0.00")),
        "dunning": (2, "dunned_amount", Decimal("109.20")),
        "prepaid": (1, "prepaid_amount", Decimal("2.50")),
    },
}
#: The heads that an amount has, by what it is the amount of.
AMOUNTS = ("Amount (yuan)", "Commission (yuan)", "Receivable (yuan)", "Not collected (yuan)", "Arrears (yuan)")
HEADS = {
    "receivable": ("Receivable (yuan)",), "received": ("Received (yuan)",), "success_amount": ("Successful amount (yuan)",),
    "share_amount": ("Provider's share (yuan)",), "open_amount": ("Open (yuan)",), "amount": AMOUNTS,
    "dunned_amount": ("To dun (yuan)",), "prepaid_amount": ("Prepaid (yuan)",),
    "basis_amount": ("Money that counts (yuan)",), "counted_amount": ("Counted (yuan)",),
}  # fmt: skip


def export(settings: Settings, kind: str, file_format: str = "xlsx", **more: Any) -> ExportOutcome:
    """The files of 2026-03 in a folder of their own."""
    options = {"period": "2026-03", "agent": None, "language": "en", "folder": settings.home / "exports" / kind} | more
    return export_finance_files(settings, kind, file_format=file_format, **options)


def csv_of(path: Path) -> list[dict[str, str]]:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def sheet_of(path: Path, position: int) -> list[tuple[Any, ...]]:
    """The rows of a sheet of a workbook with its heads; the cover is sheet 0."""
    return list(openpyxl.load_workbook(path).worksheets[position].values)


def text_of(path: Path) -> str:
    """The text of a PDF. pypdf reads a character below 256 as two, the first of them zero."""
    return "\n".join(page.extract_text() for page in PdfReader(path).pages).replace("\x00", "")


def head_of(heads: list[str], column: str) -> str:
    """The head of a column that is summed; it names the unit."""
    (found,) = (head for head in heads if head in HEADS[column])
    return found


@pytest.mark.parametrize("kind", EXPECTED)
def test_all_formats_have_every_row_and_agree_to_the_fen(settings: Settings, kind: str) -> None:
    book = export(settings, kind).files[0].path
    tables = {file.sheets[0].name: file.path for file in export(settings, kind, "csv").files}
    columns = {file.sheets[0].name: file.path for file in export(settings, kind, "parquet").files}
    assert list(tables) == list(columns) == list(EXPECTED[kind])
    for position, (name, (rows, column, total)) in enumerate(EXPECTED[kind].items(), start=1):
        parquet = pyarrow.parquet.read_table(columns[name]).to_pylist()
        text = csv_of(tables[name])
        heads, *cells = sheet_of(book, position)
        assert (len(parquet), len(text), len(cells)) == (rows, rows, rows), name
        if not rows or not column:
            continue
        assert sum(Decimal(row[column] or 0) for row in parquet) == total, name
        head = head_of(list(text[0]), column)
        assert sum(Decimal(row[head] or 0) for row in text) == total, name
        # A spreadsheet's number is binary: it is the nearest to the amount, and so to the fen.
        place = heads.index(head)
        assert sum(Decimal(str(row[place] or 0)) for row in cells) == total, name


def test_money_in_parquet_is_as_in_the_mart(settings: Settings) -> None:
    file, *_ = export(settings, "receivables", "parquet").files
    schema = pyarrow.parquet.read_schema(file.path)
    assert {str(schema.field(name).type) for name in ("amount", "received", "open_amount")} == {"decimal128(18, 2)"}


def test_a_workbook_has_typed_cells_and_heads_that_stay(settings: Settings) -> None:
    sheet = openpyxl.load_workbook(export(settings, "bills").files[0].path).worksheets[1]
    assert sheet.title == "Bills" and sheet.freeze_panes == "A2" and sheet.auto_filter.ref == "A1:N4"
    cells = {cell.value: sheet.cell(2, cell.column) for cell in sheet[1]}
    amount = next(cell for head, cell in cells.items() if head.startswith("Receivable"))
    assert (amount.value, amount.number_format, amount.data_type) == (100.1, "#,##0.00", "n")
    due = cells["Due on"]
    assert (due.value, due.number_format) == (datetime(2026, 4, 25), "yyyy-mm-dd")
    assert cells["Account"].data_type == "s" and cells["Business unit"].value == "East Unit"
    assert cells["Business unit (id)"].value == "U1" and sheet.cell(4, 10).value == "not assigned"


def test_no_text_is_a_formula(settings: Settings) -> None:
    """An agent's name, a customer's id, a provider's name and a telephone number begin as formulas do."""
    lines = csv_of(export(settings, "commissions", "csv", language="zh").files[1].path)
    assert {row["代理"] for row in lines} == {f"'{DANGEROUS}"}
    bills = csv_of(export(settings, "bills", "csv").files[0].path)
    assert bills[2]["Customer"] == "'-1+2"
    calls = csv_of(export(settings, "providers", "csv").files[1].path)
    assert (calls[0]["Provider's name"], calls[0]["Contact"]) == ("'@Weather", "'+86 1")
    for kind, texts in (("commissions", {DANGEROUS}), ("bills", {"-1+2"}), ("providers", {"@Weather", "+86 1"})):
        book = openpyxl.load_workbook(export(settings, kind, language="zh").files[0].path)
        cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
        assert texts <= {cell.value for cell in cells}
        assert not [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink]


def test_the_cover_says_what_the_file_is_of(settings: Settings) -> None:
    cover = sheet_of(export(settings, "receivables").files[0].path, 0)
    facts = {row[0]: row[1] for row in cover if row[0]}
    assert cover[0][0] == "Receivables 2026-03"
    assert facts["Edition"] == "2026-05-20-0001" and facts["As of"] == "2026-05-20"
    assert facts["State of the period"] == "Closed"
    assert facts["Settlement"] == "Approved: the cut-off 2026-04-30 is over, and no line has changed since"
    assert facts["Gates"] == "1 of 2 hold; critical: 0, error: 0, warn: 1"
    assert re.fullmatch("[0-9a-f]{64}", facts["Reference book at the export, another one (SHA-256)"])
    assert "CP_STANDARD (2015-01-01)" in facts["Commission plans in force (valid from)"]
    totals = {(row[0], row[1]): row[2] for row in cover}
    assert totals["Bills", "Rows"] == 3 and totals["Bills", "Open"] == 110.2 and totals["Arrears", "Rows"] == 2
    # The gate that did not hold comes first.
    gates = [row[:3] for row in cover if row[0] and row[0].startswith("release.")]
    assert [(gate[0], gate[2]) for gate in gates] == [
        ("release.hardly_any_duplicates", "Does not hold (Warning)"),
        ("release.call_rated_twice", "Holds"),
    ]


def test_a_running_period_is_marked(settings: Settings) -> None:
    outcome = export(settings, "bills", period="2026-05")
    cover = sheet_of(outcome.files[0].path, 0)
    assert cover[1][0] is not None and cover[1][0].startswith("PROVISIONAL: the bills of 2026-05 are not issued yet")
    assert outcome.settlement == "open"


def test_the_manifest_has_rows_totals_and_hashes(settings: Settings) -> None:
    outcome = export(settings, "receivables", "csv")
    manifest = json.loads(outcome.manifest.read_text(encoding="utf-8"))
    assert (manifest["edition"], manifest["kind"], manifest["format"]) == ("2026-05-20-0001", "receivables", "csv")
    bills, arrears, _, _, dunning, prepaid = manifest["files"]
    assert bills["sheets"] == [
        {
            "sheet": "bills",
            "rows": 3,
            "totals": {"amount": "350.30", "open_amount": "110.20", "received": "240.10", "written_off": "0.00"},
        }
    ]
    assert [file["sheets"][0]["rows"] for file in (arrears, dunning, prepaid)] == [2, 2, 1]
    for entry, file in zip(manifest["files"], outcome.files, strict=True):
        assert entry["sha256"] == sha256_of(file.path) and entry["file"] == file.path.name


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_same_edition_gives_the_same_bytes(settings: Settings, file_format: str) -> None:
    first, second = (
        export(settings, "commissions", file_format, folder=settings.home / name) for name in ("first", "second")
    )
    assert [file.sha256 for file in first.files] == [file.sha256 for file in second.files]
    assert first.manifest.read_bytes() == second.manifest.read_bytes()


def test_an_agent_has_his_own_rows_alone(settings: Settings) -> None:
    bills, lines = export(settings, "bills", agent="A1").files[0].sheets
    assert (bills.rows, bills.totals["amount"], lines.rows) == (2, Decimal("300.30"), 4)
    (collection,) = export(settings, "collections", agent="A1").files[0].sheets
    assert (collection.name, collection.rows, collection.totals["receivable"]) == ("agent", 1, Decimal("300.30"))
    _, arrears, _, _, dunning, prepaid = export(settings, "receivables", agent="A1").files[0].sheets
    assert (dunning.rows, dunning.totals["dunned_amount"], prepaid.rows) == (1, Decimal("60.20"), 1)
    assert (arrears.rows, arrears.totals["amount"]) == (1, Decimal("60.20"))


def test_what_the_edition_does_not_have_is_refused_by_name(settings: Settings) -> None:
    with pytest.raises(
        UsageError, match=r"--period: .* has no billing period 2025-01; it has 2026-03, 2026-04, 2026-05"
    ):
        export(settings, "bills", period="2025-01")
    with pytest.raises(UsageError, match=r"has no settled period 2026-04; it has 2026-03"):
        export(settings, "commissions", period="2026-04")
    with pytest.raises(UsageError, match=r"--agent: .* knows no agent 'A9'; it has A1"):
        export(settings, "bills", agent="A9")
    with pytest.raises(UsageError, match=r"--agent: debits are not by agent; it is for commissions, collections"):
        export(settings, "debits", agent="A1")
    assert not (settings.home / "exports").exists()


def test_without_an_edition_it_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(TollhouseError, match="`tollhouse run` comes first"):
        export(settings_of(tmp_path / "empty"), "bills")


def test_rows_beyond_a_sheet_go_on_in_the_next(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.finance_files.xlsx_files.MOST_ROWS", 3)
    book = openpyxl.load_workbook(export(settings, "bills").files[0].path)
    assert book.sheetnames == ["Cover", "Bills", "Bills 2", "Bill lines", "Bill lines 2", "Bill lines 3"]
    accounts = [row[1] for sheet in book.worksheets[1:3] for row in list(sheet.values)[1:]]
    assert accounts == ["K1", "K2", "K3"] and [sheet.max_row for sheet in book.worksheets[3:]] == [3, 3, 2]


def test_an_amount_with_more_digits_than_excel_keeps_is_a_text(
    edition_with: Callable[[Mapping[str, Rows]], Settings],
) -> None:
    other = edition_with({"bills": [bill("K1", "2026-03", "9007199254740993.01")]})
    heads, cells = sheet_of(export(other, "bills").files[0].path, 1)
    assert cells[heads.index(head_of(list(heads), "amount"))] == "9007199254740993.01"


def test_fewer_rows_than_the_edition_has_are_never_written(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that loses a batch is found out, and nothing is left behind."""
    monkeypatch.setattr("dashboards.view.Stream.__iter__", lambda stream: iter(list(stream._reader)[1:]))
    monkeypatch.setattr("orchestration.finance_files.sheets.SheetRows.count", lambda rows: 3)
    with pytest.raises(TollhouseError, match=r"sheet bills: 0 rows were read and edition 2026-05-20-0001 has 3"):
        export(settings, "bills", "csv")
    assert list((settings.home / "exports" / "bills").iterdir()) == []


def test_an_agents_statement_is_in_both_languages(settings: Settings) -> None:
    (file,) = export(settings, "commissions", "pdf").files
    assert file.path.name == "commissions_2026-03_A1.pdf" and file.sheets[0].totals["amount"] == Decimal("23.00")
    reader = PdfReader(file.path)
    text = text_of(file.path)
    for expected in ("代理酬金结算单", "Commission statement", "临江市分公司", "Hongda Agency", DANGEROUS, "当期 On time",
                     "23.00", "100.10", "33.33 %", "25.00 %", "3 %", "200.20", "60.20", "Approved"):  # fmt: skip
        assert expected in text, expected
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    descriptors = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]
    assert descriptors and all({"/FontFile2", "/FontFile3"} & set(descriptor) for descriptor in descriptors)
    assert file.path.stat().st_size < 200_000, "only the characters that are used are embedded"


def test_debits_of_a_period_before_the_first_bill_are_not_lost(
    edition_with: Callable[[Mapping[str, Rows]], Settings],
) -> None:
    """A batch for 2026-02, whose bills came from another system; one that names no period is of the month before its debits."""
    (batch,) = MARTS["debit_batches"]
    other = edition_with(
        {
            "debit_batches": [
                {**batch, "billing_period": "2026-02"},  # type: ignore[dict-item]
                {**batch, "batch_id": "0002", "billing_period": None, "debited_on": date(2026, 2, 10)},  # type: ignore[dict-item]
            ]
        }
    )
    for period in ("2026-01", "2026-02"):
        assert export(other, "debits", "csv", period=period).files[0].sheets[0].rows == 1
    with pytest.raises(UsageError, match="it has 2026-01, 2026-02, 2026-03, 2026-04, 2026-05"):
        export(other, "debits", period="2025-12")


def test_an_agent_without_a_statement_gets_none(edition_with: Callable[[Mapping[str, Rows]], Settings]) -> None:
    names = [*MARTS["dimension_names"], {"dimension": "agent", "dimension_id": "A2", "name_zh": "二", "name_en": "Two"}]
    with pytest.raises(UsageError, match="--agent: .* has no commission statement of A2 for 2026-03"):
        export(edition_with({"dimension_names": names}), "commissions", "pdf", agent="A2")


def test_what_a_killed_export_left_is_removed(settings: Settings) -> None:
    left = settings.home / "exports" / "bills" / ".bills_2026-03.xlsx.building"
    left.mkdir(parents=True)
    (left / "half.xlsx").write_bytes(b"half")
    outcome = export(settings, "bills")
    assert sorted(path.name for path in left.parent.iterdir()) == sorted(
        [outcome.files[0].path.name, outcome.manifest.name]
    )


@pytest.mark.parametrize("kind", [kind for kind in FILE_KINDS if kind != "commissions"])
def test_other_kinds_are_plain_tables_with_the_totals(settings: Settings, kind: str) -> None:
    (file,) = export(settings, kind, "pdf").files
    text = text_of(file.path)
    assert "2026-05-20-0001" in text and "Control totals" in text
    for rows, column, total in EXPECTED[kind].values():
        assert not rows or not column or f"{total:,.2f}" in text
    assert [sheet.rows for sheet in file.sheets] == [rows for rows, _, _ in EXPECTED[kind].values()]


@pytest.mark.parametrize("kind", FILE_KINDS)
def test_a_sheet_on_paper_has_no_more_columns_than_fit(settings: Settings, kind: str) -> None:
    with View.current(settings.published) as view:
        for sheet in FILE_KINDS[kind].sheets:
            rows = SheetRows(view, sheet, Translate.to("en"), {"period": "2026-03", "agent": None}, is_paper=True)
            names = [column.name for column in rows.columns()]
            assert len(names) <= 10 and set(sheet.on_paper) <= set(names), sheet.name


def test_a_pdf_of_too_many_rows_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_pdf, "MOST_ROWS_OF_PDF", 7)
    with pytest.raises(UsageError, match="--format pdf: 8 rows are too many for a PDF.*use --format xlsx or csv"):
        export(settings, "bills", "pdf")


def test_more_bills_than_people_read_are_counted_on_the_statement(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_statement, "MOST_BILLS", 1)
    (file,) = export(settings, "commissions", "pdf").files
    assert "2 bills: they are in the XLSX and CSV files." in text_of(file.path)


def test_without_a_font_it_says_how_to_get_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pdf, "SYSTEM_FONTS", ())
    with pytest.raises(TollhouseError, match=r"apt-get install fonts-noto-cjk.*TOLLHOUSE_PDF_FONT"):
        export(settings, "commissions", "pdf")
    absent = settings_of(settings.home, TOLLHOUSE_PDF_FONT=str(tmp_path / "no.ttf"))
    with pytest.raises(UsageError, match=r"TOLLHOUSE_PDF_FONT: .*no.ttf is not there"):
        export(absent, "commissions", "pdf")
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    broken = settings_of(settings.home, TOLLHOUSE_PDF_FONT=str(tmp_path / "broken.ttf"))
    with pytest.raises(UsageError, match=r"broken.ttf cannot be read as a font"):
        export(broken, "commissions", "pdf")


def test_what_is_written_is_for_its_owner(settings: Settings, tollhouse_umask: None) -> None:
    outcome = export(settings, "commissions", "csv")
    for path in (*(file.path for file in outcome.files), outcome.manifest):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list(outcome.manifest.parent.glob(".*"))


def test_a_folder_that_cannot_be_written_is_named(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TollhouseError, match=r"cannot be written.*name another folder with --out"):
        export(settings, "bills", folder=tmp_path / "file" / "below")


@pytest.mark.parametrize("name", sorted(path.stem for path in QUERIES.glob("*.sql")))
def test_queries_declare_what_they_read(name: str) -> None:
    text = re.sub(r"--.*", "", query_text(name))
    used = {mart for mart in re.findall(r"\b(?:from|join)\s+(\w+)", text) if mart in declared_columns()}
    assert used == set(query_reads(name))


def test_an_edition_without_a_mart_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_check_period", lambda *_: None)
    (settings.published / "editions" / "2026-05-20-0001" / "manifest.json").write_text(
        json.dumps(
            {
                **json.loads((settings.published / "editions" / "2026-05-20-0001" / "manifest.json").read_text()),
                "marts": {},
            }
        )
    )
    with pytest.raises(TollhouseError, match="has no bills: it is of an earlier version"):
        export(settings, "bills")
