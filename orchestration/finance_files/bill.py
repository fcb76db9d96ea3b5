"""A customer's bill of a period, or the running account for somebody who leaves: lines, promotions, payments, and what is to pay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.pages.frame import branch_name, name_of
from dashboards.view import Row, View
from orchestration.errors import UsageError
from orchestration.finance_files.cover import cover_of
from orchestration.finance_files.declarations import BILL_SHEETS, Sheet, query_text
from orchestration.finance_files.pages import add_rows
from orchestration.finance_files.pdf import Font, PdfColumn, PdfDocument
from orchestration.finance_files.promotions import how_it_came
from orchestration.finance_files.sheets import BATCH_ROWS, SheetRows
from orchestration.finance_files.writing import FileJob, WrittenFile, write_files, written
from orchestration.reference_book.reading import ReferenceBook, read_reference_book
from orchestration.settings import Settings


@dataclass(frozen=True)
class Bill:
    """The bill of an account, open over its edition. With `is_now` it is the running account: every bill up to now, issued or not."""

    view: View
    book: ReferenceBook
    t: Translate
    pdf_font: Path | None
    account: str
    period: str
    is_now: bool
    row: Row

    @property
    def is_provisional(self) -> bool:
        """Whether its figures can still change."""
        return bool(self.row["is_provisional"])

    @cached_property
    def lines(self) -> list[Row]:
        """Its lines without promotions."""
        return _rows(self.view, "account_lines", account=self.account, period=self.period)

    @cached_property
    def promotions(self) -> list[Row]:
        """Its promotion lines, each with how it came about."""
        found = _rows(self.view, "account_promotions", account=self.account, period=self.period)
        return [{**row, "how_it_came": self._how(row["service_number"], row["amount"])} for row in found]

    @cached_property
    def payments(self) -> list[Row]:
        """What payments were applied to it."""
        return _rows(self.view, "account_payments", account=self.account, period=self.period)

    @property
    def payer(self) -> str:
        """The account that pays its bills: another one where it was merged."""
        return str(self.row["settling_account_id"])

    @cached_property
    def to_pay(self) -> list[Row]:
        """The bills that are to pay, this one among them; of a running account those of every account of its payer."""
        return _rows(
            self.view,
            "account_open_bills",
            account=self.account,
            period=self.period,
            payer=self.payer,
            is_now=self.is_now,
        )

    @cached_property
    def balances(self) -> list[Row]:
        """Of a running account, the payer's money that lies on no bill: prepaid money is below zero, what went back too much above."""
        return _rows(self.view, "account_money", payer=self.payer, is_now=self.is_now)

    @property
    def amount_to_pay(self) -> Decimal:
        """What is open on all bills to pay, less prepaid money. Below zero the customer gets it back."""
        parts = (*(row["open_amount"] for row in self.to_pay), *(row["amount"] for row in self.balances))
        return sum(parts, Decimal(0))

    @property
    def title(self) -> str:
        """What it is: a bill or a running account."""
        return self.t("finance_files.bill.running_account" if self.is_now else "finance_files.bill.title")

    def facts(self) -> list[tuple[str, str]]:
        """Whose it is and when it is due."""
        t, row = self.t, self.row
        return [
            (t("finance_files.bill.account"), self.account),
            *(() if self.payer == self.account else ((t("finance_files.bill.payer"), self.payer),)),
            (t("finance_files.bill.customer"), row["customer_id"]),
            (t("finance_files.bill.customer_class"), t.code("customer_class", row["customer_class"])),
            (t("finance_files.bill.unit"), name_of(self.view, "business_unit", row["business_unit_id"], t)),
            (t("finance_files.bill.outlet"), name_of(self.view, "outlet", row["outlet_id"], t)),
            (t("finance_files.bill.issued_on"), formats.day(row["issued_on"])),
            (t("finance_files.bill.due_on"), formats.day(row["due_on"])),
            (t("finance_files.bill.amount_to_pay"), formats.money(self.amount_to_pay)),
        ]

    def write(self, file_format: str, folder: Path) -> tuple[tuple[WrittenFile, ...], Path]:
        """Write it in a format, with a manifest."""
        job = FileJob(
            view=self.view,
            t=self.t,
            stem=self.stem,
            sheets=self._sheets,
            parameters=self._parameters,
            cover=lambda sheets: cover_of(
                self.view,
                f"{self.title} {self.account} {self.period}",
                self.facts(),
                self.period,
                self.book,
                sheets,
                self.t,
                for_customer=True,
            ),
            pdf_font=self.pdf_font,
            words=self._words,
            paper=self._paper,
        )
        facts = {
            "kind": "running_account" if self.is_now else "bill",
            "account_id": self.account,
            "billing_period": self.period,
            "is_provisional": self.is_provisional,
            "amount": str(self.row["amount"]),
            "amount_to_pay": str(self.amount_to_pay),
            "language": self.t.language,
            "edition": self.view.name,
            "as_of": self.view.as_of.isoformat(),
        }
        return write_files(job, file_format, folder, facts)

    @property
    def stem(self) -> str:
        """The name of its files: a running account is of a day."""
        account = quote(self.account, safe="")
        return f"running_account_{account}_{self.view.as_of}" if self.is_now else f"bill_{account}_{self.period}"

    @property
    def _parameters(self) -> Mapping[str, object]:
        return {"account": self.account, "period": self.period, "payer": self.payer, "is_now": self.is_now}

    @property
    def _sheets(self) -> tuple[Sheet, ...]:
        """Money on no bill is only part of a running account."""
        return tuple(sheet for sheet in BILL_SHEETS.values() if self.is_now or sheet.name != "balances")

    @property
    def _words(self) -> Mapping[str, Callable[[Any], str]]:
        return {
            "how_it_came": self._how_of_number,
            "money": lambda kind: self.t(f"finance_files.bill.{kind}_money"),
        }

    def _how(self, number: str, amount: Decimal) -> str:
        lines = [line for line in self.lines if line["service_number"] == number]
        return how_it_came(self.book, lines, amount, self.t)

    def _how_of_number(self, number: str) -> str:
        found = [row["how_it_came"] for row in self.promotions if row["service_number"] == number]
        return "; ".join(found)

    def _paper(self, folder: Path, font: Font) -> list[WrittenFile]:
        t = self.t
        foot = f"{branch_name(self.view, t)} · {self.account} · {self.period} · {self.view.name}"
        document = PdfDocument(f"{self.title} {self.account} {self.period}", foot, font, self.view.as_of)
        document.page()
        of = formats.day(self.view.as_of) if self.is_now else self.period
        document.title(f"{self.title} {of}", branch_name(self.view, t))
        if self.is_provisional:
            document.warning(t("finance_files.bill.provisional", as_of=formats.day(self.view.as_of)))
        document.facts(self.facts())
        sheets = [
            SheetRows(self.view, sheet, t, self._parameters, is_paper=True, words=self._words) for sheet in self._sheets
        ]
        for rows in sheets[:2]:
            if rows.count():
                add_rows(document, rows)
        document.heading(t("finance_files.bill.sum"))
        document.table(
            [PdfColumn(t("finance_files.bill.part"), 4), PdfColumn(t("finance_files.bill.yuan"), 2, True)],
            [
                (t("finance_files.bill.lines"), formats.money(sheets[0].totals["amount"])),
                (t("finance_files.bill.promotions"), formats.money(sheets[1].totals["amount"])),
            ],
            (t("finance_files.bill.amount"), formats.money(self.row["amount"])),
        )
        for rows in sheets[2:]:
            if rows.count():
                add_rows(document, rows)
        if self.is_now:
            document.text(t("finance_files.bill.to_pay_in_all", amount=formats.money(self.amount_to_pay)))
        note = "note_now" if self.is_now else "note"
        document.note(t(f"finance_files.bill.{note}", as_of=formats.day(self.view.as_of)))
        path = folder / f"{self.stem}.pdf"
        path.write_bytes(document.content())
        return [WrittenFile(path, written(sheets))]


@contextmanager
def open_bill(
    settings: Settings, account: str, period: str | None, language: str, *, is_now: bool = False
) -> Iterator[Bill]:
    """The bill of an account: of a period, of the newest issued one by default, or with `is_now` the running account.

    Raises UsageError where the edition has no such bill, naming those that it has.
    """
    book = read_reference_book(settings.reference)
    with View.current(settings.published) as view:
        bills = {row["billing_period"]: row for row in _rows(view, "account_bill", account=account)}
        if not bills:
            raise UsageError(f"edition {view.name} has no bill of account '{account}'")
        issued = [code for code, row in bills.items() if not row["is_provisional"]]
        asked = period or (max(bills) if is_now or not issued else max(issued))
        if asked not in bills:
            listed = ", ".join(bills)
            raise UsageError(
                f"--period: edition {view.name} has no bill of account {account} for {asked}; it has {listed}"
            )
        row = bills[asked]
        is_running = is_now or bool(
            row["is_provisional"]
        )  # the bill of a period that still runs is the running account
        yield Bill(view, book, Translate.to(language), settings.pdf_font, account, asked, is_running, row)


def _rows(view: View, query: str, **parameters: Any) -> list[Row]:
    stream = view.stream(query_text(query), query, parameters, BATCH_ROWS)
    return [row for batch in stream for row in batch.to_pylist()]
