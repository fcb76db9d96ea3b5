"""The finance files on the pages: the same bytes as the command's, of the rows that the reader may see and of no others."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from dashboards.i18n import Translate
from dashboards.pages.frame import finance_files
from dashboards.params import Params
from dashboards.renderers.html import render
from dashboards.renderers.links import StaticLinks
from dashboards.site_map import draw
from dashboards.view import View
from orchestration.access.roles import Role
from orchestration.errors import TollhouseError
from orchestration.finance_files.exporting import export_finance_files
from orchestration.servers.site_server import Site
from orchestration.settings import Settings
from tests.access.conftest import Door, log_in
from tests.dashboards.editions import Rows
from tests.finance_files.conftest import MARTS, bill, line, money

#: Which page offers which kind, with the rest of its address for March. The receivables are of the newest period that is billed.
OFFERED = {
    ("commission", "commissions"): "?period=2026-03",
    ("agent", "commissions"): "?agent=A1&period=2026-03",
    ("receivables", "collections"): "",
    ("receivables", "receivables"): "",
    ("bills", "bills"): "?period=2026-03",
    ("bills", "collections"): "?period=2026-03",
    ("bills", "receivables"): "?period=2026-03",
    ("direct_debit", "debits"): "?period=2026-03",
    ("providers", "providers"): "?period=2026-03",
}
OTHER_AGENT: Mapping[str, Rows] = {
    "dimension_names": [
        *MARTS["dimension_names"],
        {"dimension": "agent", "dimension_id": "代2", "name_zh": "宏达代理", "name_en": "Second Agency"},
        {"dimension": "business_unit", "dimension_id": "U2", "name_zh": "城西经营部", "name_en": "West Unit"},
    ],
    "bills": [*MARTS["bills"], bill("K9", "2026-03", "77.70", agent="代2", business_unit_id="U2")],
    "bill_lines": [*MARTS["bill_lines"], line("K9", "2345611", "2026-03", "RENTAL", "recurring", "77.70")],
    "commission_lines": [
        *MARTS["commission_lines"],
        {
            "agent_id": "代2", "settlement_period": "2026-03", "line_kind": "activation", "basis_amount": money("2"),
            "rate": money("20"), "amount": money("40.00"),
        },
    ],
    "commission_statements": [
        *MARTS["commission_statements"],
        {"agent_id": "代2", "settlement_period": "2026-03", "lines": 1, "amount": money("40.00")},
    ],
}  # fmt: skip


def reader_of(settings: Settings) -> TestClient:
    """A browser on a machine without accounts."""
    door = Door(settings.home)
    return door.open(app=Site(settings).app).browser("127.0.0.1")


def signed_in(settings: Settings, name: str) -> tuple[TestClient, Door]:
    """The browser of an account."""
    door = Door(settings.home)
    browser = door.open(app=Site(settings).app).browser()
    assert log_in(browser, name).status_code == 303
    return browser, door


def files_in(answer: httpx.Response) -> dict[str, str]:
    """SHA-256 by name of the one file, or of each file of a ZIP."""
    assert answer.status_code == 200, answer.text
    name = answer.headers["content-disposition"].partition('filename="')[2].partition('"')[0]
    found = {name: answer.content}
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            found = {each: archive.read(each) for each in archive.namelist()}
    return {each: hashlib.sha256(content).hexdigest() for each, content in found.items()}


def rows_in(answer: httpx.Response, member: str) -> list[list[str]]:
    """The rows of a CSV of a ZIP, without the head."""
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return list(csv.reader(io.StringIO(archive.read(member).decode("utf-8-sig"))))[1:]


@pytest.mark.parametrize("file_format", ["xlsx", "csv", "pdf", "parquet"])
@pytest.mark.parametrize(("page", "kind"), OFFERED)
def test_a_page_gives_the_bytes_of_the_command(
    settings: Settings, tmp_path: Path, page: str, kind: str, file_format: str
) -> None:
    agent = "A1" if page == "agent" else None
    made = export_finance_files(settings, kind, "2026-03", agent, file_format, "zh", tmp_path)
    answer = reader_of(settings).get(f"/zh/{page}/files/{kind}.{file_format}{OFFERED[page, kind]}")
    assert files_in(answer) == {file.path.name: file.sha256 for file in made.files}


@pytest.mark.parametrize(("page", "kind"), OFFERED)
def test_the_page_links_to_its_files(settings: Settings, page: str, kind: str) -> None:
    text = reader_of(settings).get(f"/en/{page}{OFFERED[page, kind]}").text
    for suffix in ("xlsx", "csv", "pdf", "parquet"):
        assert f'href="/en/{page}/files/{kind}.{suffix}' in text


def test_a_settlement_without_a_statement_has_no_files(settings: Settings) -> None:
    """April is settled on 31 May."""
    browser = reader_of(settings)
    assert "/files/" not in browser.get("/en/commission?period=2026-04").text
    assert browser.get("/en/commission/files/commissions.xlsx?period=2026-04").status_code == 404


def test_the_static_site_has_no_links_to_them(settings: Settings) -> None:
    with View.current(settings.published) as view:
        page = draw("commission", view, Params("en"))
        assert page.finance_files == finance_files(Translate.to("en"), "2026-03", "commissions")
        assert "/files/" not in render(page, StaticLinks("en", {}, "2026-04"), "")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/en/commission/files/bills.xlsx?period=2026-03", 404),  # a kind of another page
        ("/en/commission/files/commissions.exe?period=2026-03", 404),
        ("/en/commission/files/commissions?period=2026-03", 404),
        ("/en/commission/files/commissions.xlsx?period=2031-03", 404),
        ("/en/commission/files/commissions.xlsx?period=../..", 404),
        ("/en/nowhere/files/commissions.xlsx", 404),
        ("/fr/commission/files/commissions.xlsx", 404),
        ("/en/agent/files/commissions.xlsx?agent=A7&period=2026-03", 404),
        ("/en/commission/files/commissions.xlsx?period=2026-03&period=2026-04", 400),
        ("/en/commission/files/commissions.xlsx?edition=2026-01-01-0001", 404),
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(settings: Settings, path: str, status: int) -> None:
    answer = reader_of(settings).get(path)
    assert answer.status_code == status
    assert "content-disposition" not in answer.headers and answer.headers["content-type"].startswith("text/html")


def test_an_agent_gets_his_own_statement_and_no_other(
    edition_with: Callable[[Mapping[str, Rows]], Settings], tmp_path: Path
) -> None:
    settings = edition_with(OTHER_AGENT)
    door = Door(settings.home)
    door.add("hong", Role.AGENT, agents={"A1"})
    browser, door = signed_in(settings, "hong")
    own = browser.get("/zh/agent/files/commissions.pdf?period=2026-03")
    made = export_finance_files(settings, "commissions", "2026-03", "A1", "pdf", "zh", tmp_path)
    # The settlement is approved, as in the command's file: how far it has come is no secret of the branch.
    assert files_in(own) == {"commissions_2026-03_A1.pdf": made.files[0].sha256}
    tables = browser.get("/zh/agent/files/commissions.csv?period=2026-03")
    assert {row[1] for row in rows_in(tables, "commissions_2026-03_A1.lines.csv")} == {"A1"}
    bases = rows_in(tables, "commissions_2026-03_A1.bases.csv")
    assert [value for row in bases for value in row if value.startswith("234")] == ["234***79"]  # as on his page
    refused = {
        "/zh/agent/files/commissions.pdf?agent=%E4%BB%A32&period=2026-03": 404,
        "/zh/commission/files/commissions.xlsx?period=2026-03": 403,
        "/zh/bills/files/bills.csv?period=2026-03": 403,
        "/zh/receivables/files/receivables.parquet": 403,
    }
    for path, status in refused.items():
        answer = browser.get(path)
        assert answer.status_code == status, path
        assert "77.70" not in answer.text and "40.00" not in answer.text
    logged = [(one["account"], one["path"], one["status"]) for one in door.log if "/files/" in one["path"]]
    assert [(account, status) for account, _, status in logged] == [
        ("hong", 200),
        ("hong", 200),
        *(("hong", status) for status in refused.values()),
    ]
    assert logged[0][1].startswith("/zh/agent/files/commissions.pdf")


def test_a_business_unit_gets_its_rows_only(edition_with: Callable[[Mapping[str, Rows]], Settings]) -> None:
    """Of March 100.10, 200.20 and 50.00 are billed by U1, 77.70 by U2."""
    settings = edition_with(OTHER_AGENT)
    Door(settings.home).add("west", Role.FINANCE, units={"U2"})
    browser, _ = signed_in(settings, "west")
    answer = browser.get("/en/bills/files/bills.csv?period=2026-03")
    assert [row[1] for row in rows_in(answer, "bills_2026-03.bills.csv")] == ["K9"]
    (of_line,) = rows_in(answer, "bills_2026-03.bill_lines.csv")
    assert "K9" in of_line and of_line[-1] == "77.70"
    # The result files of the banks are the branch's.
    assert rows_in(browser.get("/en/direct_debit/files/debits.csv?period=2026-03"), "debits_2026-03.batches.csv") == []


def test_a_name_in_chinese_reaches_every_browser(edition_with: Callable[[Mapping[str, Rows]], Settings]) -> None:
    """In UTF-8 by RFC 6266, and in ASCII for programs that do not read that."""
    browser = reader_of(edition_with(OTHER_AGENT))
    answer = browser.get("/zh/agent/files/commissions.xlsx?agent=%E4%BB%A32&period=2026-03")
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"commissions_2026-03__2.xlsx\"; filename*=UTF-8''commissions_2026-03_%E4%BB%A32.xlsx"
    )
    assert answer.headers["content-type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert answer.headers["cache-control"] == "private, no-cache"
    statements = browser.get("/zh/commission/files/commissions.pdf?period=2026-03")
    assert statements.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(statements.content)) as archive:
        assert archive.namelist() == ["commissions_2026-03_A1.pdf", "commissions_2026-03_代2.pdf"]


def test_without_a_font_the_pdf_alone_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_found(_: Path | None) -> None:
        raise TollhouseError("a PDF needs a font with Chinese, and none is found on this machine: install one")

    monkeypatch.setattr("orchestration.servers.finance_downloads.find_font", none_found)
    browser = reader_of(settings)
    answer = browser.get("/en/commission/files/commissions.pdf?period=2026-03")
    assert answer.status_code == 503
    assert "download another format" in answer.text and "none is found on this machine: install one" in answer.text
    assert browser.get("/en/commission/files/commissions.xlsx?period=2026-03").status_code == 200
