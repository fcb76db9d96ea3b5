"""A customer's bill and call details: figures worked by hand from conftest, marked where they are provisional, masked on request."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow.parquet
import pytest
from pypdf import PdfReader

from dashboards.i18n import Translate
from orchestration.errors import TollhouseError, UsageError
from orchestration.finance_files import sending
from orchestration.finance_files.bill import open_bill
from orchestration.finance_files.call_details import export_call_details
from orchestration.finance_files.promotions import how_it_came
from orchestration.finance_files.sending import send_files
from orchestration.reference_book.reading import ReferenceBook, read_reference_book
from orchestration.settings import Settings
from tests.alerting.conftest import mail_settings
from tests.alerting.servers import MailServer, mail_server
from tests.cli.conftest import Called
from tests.dashboards.editions import Rows
from tests.finance_files.conftest import MARTS, bill, line, paid, settings_of

EN = Translate.to("en")


@pytest.fixture(scope="module")
def book() -> ReferenceBook:
    """The demo's reference book."""
    return read_reference_book(Settings.from_environment({}).reference)


def text_of(path: Path) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(path).pages).replace("\x00", "")


def test_lines_and_promotions_are_the_bill_and_what_is_open_is_to_pay(settings: Settings) -> None:
    with open_bill(settings, "K1", "2026-03", "en") as found:
        assert [(row["bill_item_id"], row["amount"]) for row in found.lines] == [
            ("LOCAL", Decimal("30.00")), ("RENTAL", Decimal("100.10")),
        ]  # fmt: skip
        (promotion,) = found.promotions
        assert promotion["amount"] == Decimal("-30.00")
        assert promotion["how_it_came"] == (
            "Calls credited up to the rental: the smaller of calls 30.00 and rental 100.10"
        )
        assert [(row["payment_id"], row["amount"]) for row in found.payments] == [("P1", Decimal("100.10"))]
        assert found.amount_to_pay == 0 and not found.is_provisional and not found.is_now
    with open_bill(settings, "K2", None, "en") as found:
        assert (found.period, found.amount_to_pay) == ("2026-03", Decimal("60.20"))


def test_the_running_account_has_all_that_is_open_and_is_marked(
    edition_with: Callable[[Mapping[str, Rows]], Settings],
) -> None:
    """20.00 of March are open, April is paid, and 12.34 are in the running month: 32.34 to pay now."""
    other = edition_with(
        {
            "bills": [
                bill("K1", "2026-03", "100.10"),
                bill("K1", "2026-04", "40.00"),
                bill("K1", "2026-05", "12.34", is_provisional=True),
            ],
            "payment_applications": [
                paid("P1", "K1", "2026-03", date(2026, 4, 20), "80.10"),
                paid("P2", "K1", "2026-04", date(2026, 5, 3), "40.00"),
            ],
            "prepaid_balances": [],
        }
    )
    with open_bill(other, "K1", None, "en", is_now=True) as found:
        assert [(row["billing_period"], row["open_amount"]) for row in found.to_pay] == [
            ("2026-03", Decimal("20.00")), ("2026-05", Decimal("12.34")),
        ]  # fmt: skip
        assert (found.amount_to_pay, found.is_provisional) == (Decimal("32.34"), True)
        (file,), _ = found.write("pdf", other.home / "out")
    text = text_of(file.path)
    assert file.path.name == "running_account_K1_2026-05-20.pdf"
    assert "Running account 2026-05-20" in text and "PROVISIONAL, as of 2026-05-20" in text and "32.34" in text
    # The bill of a period that still runs is the running account too, and the newest issued one is not.
    with open_bill(other, "K1", "2026-05", "en") as found:
        assert found.is_now and found.amount_to_pay == Decimal("32.34")
    with open_bill(other, "K1", None, "en") as found:
        assert (found.period, found.amount_to_pay) == ("2026-04", Decimal("20.00"))


def test_the_running_account_of_merged_accounts_has_all_bills_of_the_payer_and_its_prepaid_money(
    edition_with: Callable[[Mapping[str, Rows]], Settings],
) -> None:
    """K9 was merged into K1: 20.00 of its March bill are open, 12.34 and 1.00 are in the running month, 2.50 are prepaid on K1 and
    0.40 went back from it beyond what was paid: 20.00 + 12.34 + 1.00 - 2.50 + 0.40 = 31.24. K2 is somebody else."""
    prepaid = MARTS["prepaid_balances"][0]
    assert isinstance(prepaid, Mapping)
    other = edition_with(
        {
            "bills": [
                bill("K1", "2026-05", "12.34", is_provisional=True),
                bill("K9", "2026-03", "30.00", settling_account_id="K1"),
                bill("K9", "2026-05", "1.00", is_provisional=True, settling_account_id="K1"),
                bill("K2", "2026-03", "99.00"),
            ],
            "payment_applications": [paid("P1", "K9", "2026-03", date(2026, 4, 20), "10.00")],
            "prepaid_balances": [{**prepaid, "overdrawn_amount": Decimal("0.40")}],
        }
    )
    owed = [
        ("K9", "2026-03", Decimal("20.00")),
        ("K1", "2026-05", Decimal("12.34")),
        ("K9", "2026-05", Decimal("1.00")),
    ]
    for account in ("K1", "K9"):
        with open_bill(other, account, None, "en", is_now=True) as found:
            assert [(row["account_id"], row["billing_period"], row["open_amount"]) for row in found.to_pay] == owed
            assert [(row["money"], row["amount"]) for row in found.balances] == [
                ("prepaid", Decimal("-2.50")), ("overdrawn", Decimal("0.40")),
            ]  # fmt: skip
            assert (found.payer, found.amount_to_pay) == ("K1", Decimal("31.24"))
            ((file,), _), tables = found.write("pdf", other.home / "out"), found.write("csv", other.home / "out")[0]
        text = " ".join(text_of(file.path).split())
        assert "Prepaid, taken off" in text and "to pay in all: 31.24" in text
        assert ("Paid by account" in text) == (account == "K9")
        assert sum(path.read_text(encoding="utf-8-sig").count("\n") - 1 for path in [tables[-1].path]) == 2
    # The issued bill of March is K9's own, without the others and without prepaid money.
    with open_bill(other, "K9", "2026-03", "en") as found:
        assert (found.amount_to_pay, found.balances) == (Decimal("20.00"), [])


def test_every_format_of_a_bill_has_the_same_amounts(settings: Settings) -> None:
    folder = settings.home / "out"
    with open_bill(settings, "K1", "2026-03", "en") as found:
        tables = found.write("csv", folder)[0]
        (book_file,), manifest = found.write("xlsx", folder)
        columns = found.write("parquet", folder)[0]
        (paper,), _ = found.write("pdf", folder)
    names = ["lines", "promotions", "payments", "to_pay"]
    assert [file.path.name for file in tables] == [f"bill_K1_2026-03.{name}.csv" for name in names]
    expected = {"lines": "130.10", "promotions": "-30.00", "payments": "100.10", "to_pay": "100.10"}
    sheets = openpyxl.load_workbook(book_file.path).worksheets[1:]
    text = text_of(paper.path)
    for name, table, parquet, sheet in zip(names, tables, columns, sheets, strict=True):
        total = Decimal(expected[name])
        with table.path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        place = next(
            at for at, head in enumerate(rows[0]) if head in ("Amount (yuan)", "Receivable (yuan)", "Applied (yuan)")
        )
        assert sum(Decimal(row[place]) for row in rows[1:]) == total
        assert sum(Decimal(str(row[place])) for row in list(sheet.values)[1:]) == total
        assert sum(pyarrow.parquet.read_table(parquet.path).column("amount").to_pylist()) == total
        assert f"{total:,.2f}" in text
    assert "the smaller of calls 30.00 and rental 100.10" in " ".join(text.split())
    assert json.loads(manifest.read_text())["amount_to_pay"] == "0.00"
    cover = {row[0] for row in openpyxl.load_workbook(book_file.path).worksheets[0].values}
    assert "Account" in cover and not cover & {"Gates", "Gates of the edition", "Settlement"}


def test_a_bill_that_is_not_there_is_refused_by_name(settings: Settings) -> None:
    with (
        pytest.raises(UsageError, match="edition 2026-05-20-0001 has no bill of account 'K9'"),
        open_bill(settings, "K9", None, "en"),
    ):
        pass
    with (
        pytest.raises(UsageError, match="has no bill of account K1 for 2026-04; it has 2026-03, 2026-05"),
        open_bill(settings, "K1", "2026-04", "en"),
    ):
        pass


@pytest.mark.parametrize(
    ("lines", "amount", "expected"),
    [
        # 20 % of 10.33 is 2.066, rounded half up 2.07.
        (
            [("DOMESTIC", "10.33")],
            "-2.07",
            "Domestic long distance 20 % off: 20 % of Domestic long-distance calls 10.33",
        ),
        # At most what the rental is.
        ([("RENTAL", "3.00")], "-3.00", "Rental credit of 5 yuan: up to 5.00 of Monthly rental 3.00"),
        # Two subscriptions of one number are one line: 5.00 off the rental and 10.00 off local calls.
        (
            [("RENTAL", "20.00"), ("LOCAL", "12.00")],
            "-15.00",
            "Rental credit of 5 yuan: up to 5.00 of Monthly rental 20.00 + Local calls credit of 10 yuan: up to 10.00 of Local calls 12.00",
        ),
        # Calls of 5.00 could be credited up to the rental, and so could the rental itself: both are named.
        (
            [("RENTAL", "20.00"), ("LOCAL", "5.00")],
            "-5.00",
            " or ".join(
                (
                    "Calls credited up to the rental: the smaller of calls 5.00 and rental 20.00",
                    "Rental credit of 5 yuan: up to 5.00 of Monthly rental 20.00",
                    "Local calls credit of 10 yuan: up to 10.00 of Local calls 5.00",
                )
            ),
        ),
        # Nothing in the book gives it: the amounts are named, and nothing is made up.
        (
            [("RENTAL", "20.00"), ("LOCAL", "12.00")],
            "-7.77",
            "From several promotions, or those of an earlier price book, on calls of 12.00 and rental of 20.00",
        ),
    ],
)
def test_how_a_promotion_came_about(
    book: ReferenceBook, lines: list[tuple[str, str]], amount: str, expected: str
) -> None:
    rows = [line("K1", "1", "2026-03", item, "usage", value) for item, value in lines]
    rows.append(line("K1", "1", "2026-03", "RENTAL", "adjustment", "1.00"))  # re-rating counts on no promotion
    assert how_it_came(book, rows, Decimal(amount), EN) == expected


def details(settings: Settings, file_format: str, masked: bool = False, **whose: str) -> Path:
    outcome = export_call_details(
        settings,
        whose.get("account"),
        whose.get("number"),
        whose.get("period", "2026-03"),
        file_format,
        "en",
        settings.home / "details",
        masked=masked,
    )
    (file,) = outcome.files
    assert (file.sheets[0].rows, file.sheets[0].totals["amount"]) == (2, Decimal(30))
    return file.path


def test_call_details_of_an_account_or_number_agree_in_all_formats(settings: Settings) -> None:
    """Two calls of 180 and 60 seconds at 10.00 and 20.00."""
    for whose in ({"account": "K1"}, {"number": "2345678"}, {"account": "K1", "number": "2345678"}):
        with details(settings, "csv", **whose).open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [(row["Started at"], row["Called number"]) for row in rows] == [
            ("2026-03-03 09:00:00", "2345679"), ("2026-03-04 09:00:00", "02088881234"),
        ]  # fmt: skip
        assert sum(Decimal(row["Amount (yuan)"]) for row in rows) == 30
    table = pyarrow.parquet.read_table(details(settings, "parquet", account="K1"))
    assert sum(table.column("duration_seconds").to_pylist()) == 240
    sheet = openpyxl.load_workbook(details(settings, "xlsx", account="K1")).worksheets[1]
    assert sheet["D3"].value == "02088881234" and sheet["D3"].data_type == "s", "the leading zero stays"
    text = text_of(details(settings, "pdf", account="K1"))
    assert "02088881234" in text and "30.00" in text


@pytest.mark.parametrize("file_format", ["csv", "parquet", "xlsx", "pdf"])
def test_masked_call_details_hold_no_whole_number(settings: Settings, file_format: str) -> None:
    path = details(settings, file_format, masked=True, number="2345678")
    if file_format == "parquet":
        text = str(pyarrow.parquet.read_table(path).to_pylist())
    elif file_format == "xlsx":
        text = str(list(openpyxl.load_workbook(path).worksheets[1].values))
    else:
        text = text_of(path) if file_format == "pdf" else path.read_text(encoding="utf-8-sig")
    rows = text[text.index("Started at") :] if "Started at" in text else text
    assert "020***34" in rows and "234***79" in rows
    assert not [number for number in ("02088881234", "2345679", "f:1") if number in rows]
    assert path.stem.split(".")[0].endswith("_masked")


def test_call_details_of_nobody_are_refused_by_name(settings: Settings) -> None:
    with pytest.raises(UsageError, match="name whose calls: --account ACCOUNT_ID, --number NUMBER"):
        details(settings, "csv")
    with pytest.raises(UsageError, match="has no rated call of K9 in 2026-03"):
        details(settings, "csv", account="K9")
    with pytest.raises(UsageError, match="has no billing period 2025-01; it has 2026-03"):
        details(settings, "csv", account="K1", period="2025-01")


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """A mail server at work on loopback."""
    with mail_server(MailServer()) as state:
        yield state


@pytest.fixture
def with_mail(home: Path, mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with that mail server, also for the command."""
    environment = {f"TOLLHOUSE_ALERT_{name}": value for name, value in mail_settings(mail).items()}
    monkeypatch.setenv("TOLLHOUSE_HOME", str(home))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return settings_of(home, **environment)


def test_a_bill_arrives_by_mail_with_the_file(
    with_mail: Settings, mail: MailServer, tollhouse: Callable[..., Called]
) -> None:
    called = tollhouse("bill", "K1", "--period", "2026-03", "--email", "customer@example.com", "--json")
    assert called.exit_code == 0 and called.json["sent_to"] == "customer@example.com"
    (arrived,) = mail.mails
    assert mail.recipients == ["customer@example.com"] and arrived["From"] == "tollhouse@billing.example"
    assert arrived["Subject"] == "Bill K1 2026-03"
    (attached,) = arrived.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("bill_K1_2026-03.pdf", "application/pdf")
    written = Path(called.json["files"][0]["file"])
    assert attached.get_content() == written.read_bytes()


def test_call_details_arrive_by_mail(with_mail: Settings, mail: MailServer, tollhouse: Callable[..., Called]) -> None:
    words = ("export", "call-details", "--account", "K1", "--period", "2026-03", "--mask", "--format", "csv")
    assert tollhouse(*words, "--email", "customer@example.com", "--lang", "zh").exit_code == 0
    (arrived,) = mail.mails
    assert arrived["Subject"] == "通话详单 K1 2026-03"
    (attached,) = arrived.iter_attachments()
    assert attached.get_filename() == "call_details_K1_2026-03_masked.call_details.csv"
    assert "020***34" in attached.get_payload(decode=True).decode("utf-8-sig")


def test_a_mail_that_cannot_go_is_said_before_anything_is_written(
    home: Path, tollhouse: Callable[..., Called], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLHOUSE_HOME", str(home))
    called = tollhouse("bill", "K1", "--email", "customer@example.com")
    assert called.exit_code == 2 and "TOLLHOUSE_ALERT_SMTP: not set" in called.err
    called = tollhouse("bill", "K1", "--email", "customer")
    assert called.exit_code == 2 and "--email: 'customer' is not an e-mail address" in called.err
    assert not (home / "exports").exists()


def test_a_server_that_refuses_is_named(with_mail: Settings, mail: MailServer, tmp_path: Path) -> None:
    mail.refuses = "550 no such sender"
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    with pytest.raises(TollhouseError, match=r"the mail server 127.0.0.1:\d+: refuses the mail \(code 550\)"):
        send_files(with_mail.alerts, "customer@example.com", "Bill", "Text", [tmp_path / "a.pdf"])


def test_files_that_are_too_large_for_a_mail_stay_where_they_are(
    with_mail: Settings, mail: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_BYTES", 3)
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    with pytest.raises(UsageError, match="the files have 4 bytes, and a mail takes at most 3"):
        send_files(with_mail.alerts, "customer@example.com", "Bill", "Text", [tmp_path / "a.pdf"])
    assert mail.mails == []
