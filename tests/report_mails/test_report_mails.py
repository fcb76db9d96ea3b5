"""Which mails are due on which day, what is in them, and that each receiver gets one once: against a mail server on loopback.

The edition is the one of tests/finance_files/conftest.py, worked by hand there: of agent A1 300.30 are receivable and 240.10 came in, of
the branch 350.30; K2 owes 60.20 and K3, who has no agent, 50.00.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader

from dashboards.renderers.files import file_content, page_workbook
from dashboards.site_map import draw
from dashboards.view import BranchFiles, View
from orchestration.errors import UsageError
from orchestration.report_mails.declaration import ReportMail, load_report_mails
from orchestration.report_mails.sending import due_mails, send_due_mails, sent_until_now
from orchestration.settings import Settings
from tests.alerting.conftest import mail_settings
from tests.alerting.servers import MailServer, mail_server
from tests.cli.conftest import Called
from tests.finance_files.conftest import home, settings, settings_of, tollhouse

__all__ = ["home", "settings", "tollhouse"]

DECLARED = """mails:
  - name: receivables
    page: receivables
    to: [chief@billing.example]
    role: management
    language: en
    day: daily
    time: "07:00"
  - name: agent-A1
    page: agent
    to: [li@agent.example, wang@agent.example]
    role: agent
    agents: [A1]
    filters: {agent: A1, period: 2026-03}
    language: zh
    day: 20
"""


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """A mail server at work on loopback."""
    with mail_server(MailServer()) as state:
        yield state


@pytest.fixture
def declared(home: Path, mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A home with two declared mails; it is 20 May 2026, 07:30."""
    environment = {f"TOLLHOUSE_ALERT_{name}": value for name, value in mail_settings(mail).items()}
    monkeypatch.setenv("TOLLHOUSE_HOME", str(home))
    for name, value in {**environment, "TOLLHOUSE_TODAY": "2026-05-20"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("orchestration.report_mails.sending.branch_now", lambda _zone: datetime(2026, 11, 1, 7, 30))
    (home / "report_mails.yml").write_text(DECLARED, encoding="utf-8")
    yield settings_of(home, **environment, TOLLHOUSE_TODAY="2026-05-20")
    for name in ("report_mails.yml", "report_mails_sent.json", "report_mails.lock"):
        (home / name).unlink(missing_ok=True)


def of_day(on: str | int, at: str = "07:00") -> ReportMail:
    return ReportMail(name="m", page="receivables", to=["a@b.example"], day=on, time=at)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("on", "newest_until_wednesday_20_may"),
    [
        ("daily", date(2026, 5, 20)), ("wednesday", date(2026, 5, 20)), ("monday", date(2026, 5, 18)), ("thursday", date(2026, 5, 14)),
        (20, date(2026, 5, 20)), (1, date(2026, 5, 1)), (28, date(2026, 4, 28)),
    ],
)  # fmt: skip
def test_the_newest_day_of_a_mail(on: str | int, newest_until_wednesday_20_may: date) -> None:
    assert of_day(on).last_day_until(date(2026, 5, 20)) == newest_until_wednesday_20_may


@pytest.mark.parametrize(
    ("on", "last_sent", "now", "is_due"),
    [
        ("daily", None, "2026-05-20 07:00", True),
        ("daily", None, "2026-05-20 06:59", False),
        ("daily", "2026-05-20", "2026-05-20 09:00", False),
        ("daily", "2026-05-18", "2026-05-20 09:00", True),
        ("monday", None, "2026-05-20 09:00", False),  # never sent: it waits for Monday
        ("monday", "2026-05-11", "2026-05-20 09:00", True),  # Monday the 18th was missed
        ("monday", "2026-05-11", "2026-05-20 06:00", True),
        ("monday", "2026-05-18", "2026-05-20 09:00", False),
        (28, "2026-04-28", "2026-05-20 09:00", False),
        (28, "2026-03-28", "2026-05-20 09:00", True),
    ],
)
def test_a_mail_is_due_once_for_each_of_its_days(on: str | int, last_sent: str | None, now: str, is_due: bool) -> None:
    sent = {} if last_sent is None else {"m": {"a@b.example": last_sent}}
    assert bool(due_mails([of_day(on)], sent, datetime.fromisoformat(now))) == is_due


def test_what_is_due_arrives_once_with_the_page_as_its_receiver_may_see_it(
    declared: Settings, mail: MailServer, tollhouse: Callable[..., Called]
) -> None:
    called = tollhouse("mails", "send", "--json")
    assert called.exit_code == 0, called.err
    assert [(each["name"], each["to"], each["fault"]) for each in called.json["mails"]] == [
        ("receivables", "chief@billing.example", None),
        ("agent-A1", "li@agent.example", None),
        ("agent-A1", "wang@agent.example", None),
    ]
    assert mail.recipients == ["chief@billing.example", "li@agent.example", "wang@agent.example"]
    chief, agent, _ = mail.mails
    assert chief["Subject"] == "Receivables · 2026-05-20" and agent["Subject"].endswith(" · A1 · 2026-05-20")
    pdf, workbook = (part.get_content() for part in chief.iter_attachments())
    words = "\n".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf)).pages).replace("\x00", "")
    assert "60.20" in words and "50.00" in words
    with View.current(declared.published, branch=BranchFiles(declared.reference, declared.notices)) as view:
        page = draw("receivables", view, load_report_mails(declared.home)[0].params)
    assert workbook == page_workbook(page), "the workbook is of the page that the server shows"

    # The agent gets his own figures alone: K3 is nobody's.
    pdf, workbook = (part.get_content() for part in agent.iter_attachments())
    cells = {
        str(cell)
        for sheet in openpyxl.load_workbook(io.BytesIO(workbook))
        for row in sheet.iter_rows(values_only=True)
        for cell in row
    }
    words = "\n".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf)).pages)
    assert "300.3" in cells and "350.3" not in cells and "K3" not in cells and "350.30" not in words

    assert tollhouse("mails", "send", "--json").json["mails"] == [], "nobody gets a mail twice"
    listed = tollhouse("mails", "list", "--json").json["mails"]
    assert {(each["to"], each["last_sent_for"]) for each in listed} == {
        (receiver, "2026-05-20") for receiver in mail.recipients[:3]
    }
    assert tollhouse("mails", "send", "receivables").exit_code == 0 and len(mail.mails) == 4, "by name it goes again"


def test_every_table_of_the_page_is_a_sheet_with_the_rows_of_its_file(declared: Settings) -> None:
    with View.current(declared.published, branch=BranchFiles(declared.reference, declared.notices)) as view:
        page = draw("receivables", view, load_report_mails(declared.home)[0].params)
    book = openpyxl.load_workbook(io.BytesIO(page_workbook(page)))
    assert len(book.sheetnames) == len(page.tables()) + 1
    for table, sheet in zip(page.tables(), book.worksheets, strict=False):
        alone = openpyxl.load_workbook(io.BytesIO(file_content(page, table, "xlsx"))).worksheets[0]
        assert list(sheet.iter_rows(values_only=True)) == list(alone.iter_rows(values_only=True))


def test_what_failed_is_named_stops_no_other_and_is_tried_again(
    declared: Settings, mail: MailServer, tollhouse: Callable[..., Called]
) -> None:
    wrong = DECLARED.replace("{agent: A1, period: 2026-03}", "{agent: A1, period: 2031-01}")
    (declared.home / "report_mails.yml").write_text(wrong, encoding="utf-8")
    called = tollhouse("mails", "send")
    assert called.exit_code == 1 and mail.recipients == ["chief@billing.example"]
    assert "mail agent-A1 to li@agent.example: mail agent-A1: " in called.err and "2031-01" in called.err
    assert list(sent_until_now(declared)) == ["receivables"]
    (declared.home / "report_mails.yml").write_text(DECLARED, encoding="utf-8")
    assert tollhouse("mails", "send").exit_code == 0
    assert mail.recipients == ["chief@billing.example", "li@agent.example", "wang@agent.example"]

    mail.refuses = "550 no such sender"
    called = tollhouse("mails", "send", "receivables")
    assert called.exit_code == 1 and "refuses the mail (code 550)" in called.err


def test_a_dry_run_writes_everything_and_sends_nothing(
    declared: Settings, mail: MailServer, tollhouse: Callable[..., Called], tmp_path: Path
) -> None:
    called = tollhouse("mails", "send", "--dry-run", str(tmp_path / "dry"))
    assert called.exit_code == 0 and mail.mails == [] and sent_until_now(declared) == {}
    assert sorted(path.relative_to(tmp_path / "dry").as_posix() for path in (tmp_path / "dry").rglob("*.*")) == [
        "agent-A1/agent-A1-2026-05-20.pdf",
        "agent-A1/agent-A1-2026-05-20.xlsx",
        "agent-A1/mail.txt",
        "receivables/mail.txt",
        "receivables/receivables-2026-05-20.pdf",
        "receivables/receivables-2026-05-20.xlsx",
    ]
    assert (tmp_path / "dry/receivables/mail.txt").read_text(encoding="utf-8").startswith("Receivables · 2026-05-20\n")


def test_a_home_without_the_file_mails_nothing(declared: Settings) -> None:
    (declared.home / "report_mails.yml").unlink()
    assert load_report_mails(declared.home) == () and send_due_mails(declared) == []


@pytest.mark.parametrize(
    ("was", "written", "fault"),
    [
        ("page: agent", "page: agents", "field mails[2].page: there is no page agents; there are overview, "),
        ("role: agent", "role: outlet", "field mails[2].role: the role outlet needs outlets: it sees nothing without"),
        ("    agents: [A1]\n", "", "field mails[2].role: the role agent needs agents: it sees nothing without"),
        ("period: 2026-03}", "month: 2026-03}", "field mails[2].filters.month: the page agent has no such filter; it has agent, period"),
        ("day: 20", "day: 31", "field mails[2].day: write daily, a day of the week as monday, or a day of the month from 1 to 28"),
        ("day: daily", "day: friday13", "field mails[1].day: write daily, a day of the week as monday"),
        ('"07:00"', '"7"', 'field mails[1].time: write a time in quotes, as "07:00"'),
        ("chief@billing.example", "chief", "field mails[1].to[1]: 'chief' is not an e-mail address"),
        ("name: agent-A1", "name: receivables", "field mails[2].name: there are two mails receivables"),
        ("language: en", "langauge: en", "field mails[1].langauge: no such field; there are name, page, to"),
    ],
)  # fmt: skip
def test_a_fault_names_the_field_and_what_to_write(declared: Settings, was: str, written: str, fault: str) -> None:
    assert DECLARED.count(was) >= 1
    (declared.home / "report_mails.yml").write_text(DECLARED.replace(was, written, 1), encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        load_report_mails(declared.home)
    assert str(raised.value).startswith(f"{declared.home / 'report_mails.yml'}: ") and fault in str(raised.value)


def test_a_name_that_is_not_declared_is_refused(declared: Settings, tollhouse: Callable[..., Called]) -> None:
    called = tollhouse("mails", "send", "bulletin")
    assert called.exit_code == 2
    assert "declares no mail bulletin; it declares receivables, agent-A1" in called.err
