"""Bank direct debit result files: reading one, whether its totals agree, the batches, failures and payments."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from .book import Book
from .exports import Exports
from .files import InboxFile

Row = dict[str, Any]


@dataclass
class Batch:
    """A debit batch: what its header says, its detail lines, what its trailer says (None where there is none)."""

    bank_code: str
    batch_id: str
    billing_period: str
    debited_on: date
    records: int
    total_amount: Decimal
    success_records: int
    success_amount: Decimal
    details: list[Row] = field(default_factory=list)
    trailer_records: int | None = None
    broken_lines: int = 0

    @property
    def key(self) -> tuple[str, str, date]:
        """One batch of a bank: banks count their batches anew."""
        return self.bank_code, self.batch_id, self.debited_on


def money(text: str) -> Decimal:
    """An amount with two decimals."""
    if re.fullmatch(r"[0-9]+\.[0-9]{2}", text) is None:
        raise ValueError("no amount with two decimals")
    return Decimal(text)


def whole(text: str) -> int:
    """A count."""
    if re.fullmatch("[0-9]+", text) is None:
        raise ValueError("no count")
    return int(text)


def read_header(fields: list[str]) -> Batch | None:
    """The batch that a header says; None where it is not of the format."""
    try:
        bank_code, batch_id, period, debited_on, records, total, success_records, success = fields
        if re.fullmatch("[0-9]{4}-(0[1-9]|1[0-2])", period) is None:
            return None
        day = datetime.strptime(debited_on, "%Y-%m-%d").date()
        counts = (whole(records), money(total), whole(success_records), money(success))
    except ValueError:
        return None
    return Batch(bank_code, batch_id, period, day, *counts)


def read_line(batch: Batch, mark: str, fields: list[str]) -> None:
    """Take a detail line or the trailer; ValueError where it is neither, or stands after the trailer."""
    if batch.trailer_records is not None or mark not in ("D", "T"):
        raise ValueError("neither a detail nor the trailer")
    if mark == "T":
        (records,) = fields
        batch.trailer_records = whole(records)
        return
    line_number, account_id, bank_account, amount, result_code = fields
    line = whole(line_number)
    if line < 1 or not account_id or not result_code or any(row["line"] == line for row in batch.details):
        raise ValueError("no line number, account or result code of its own")
    batch.details.append(
        {
            "line": line,
            "account_id": account_id,
            "bank_account": bank_account,
            "amount": money(amount),
            "result_code": result_code,
        }
    )


def read_batch(content: bytes) -> Batch | None:
    """The batch of a result file, its broken lines counted; None where its first line is no header."""
    try:
        lines = [line for line in content.decode("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError:
        return None
    mark, *fields = [text.strip() for text in lines[0].split("|")] if lines else [""]
    batch = read_header(fields) if mark == "H" else None
    for line in lines[1:] if batch else ():
        mark, *fields = [text.strip() for text in line.split("|")]
        try:
            read_line(batch, mark, fields)
        except ValueError:
            batch.broken_lines += 1
    return batch


def is_success(batch: Batch, detail: Row, book: Book) -> bool:
    """Whether the bank's result code of a line means that the money came."""
    code = book.debit_codes.get((batch.bank_code, detail["result_code"]))
    return code is not None and code["outcome"] == "success"


def batch_row(batch: Batch, book: Book) -> Row:
    """The row of debit_batches: the header beside the sums of the details."""
    successes = [detail for detail in batch.details if is_success(batch, detail, book)]
    header = (batch.records, batch.total_amount, batch.success_records, batch.success_amount)
    detail = (
        len(batch.details),
        sum((row["amount"] for row in batch.details), Decimal(0)),
        len(successes),
        sum((row["amount"] for row in successes), Decimal(0)),
    )
    names = ("records", "total_amount", "success_records", "success_amount")
    return {
        "bank_code": batch.bank_code,
        "batch_id": batch.batch_id,
        "billing_period": batch.billing_period,
        "debited_on": batch.debited_on,
        **dict(zip(names, header, strict=True)),
        **{f"detail_{name}": value for name, value in zip(names, detail, strict=True)},
        "totals_agree": header == detail and batch.trailer_records == len(batch.details),
    }


def judge_batch(file: InboxFile, book: Book, earlier: list[InboxFile]) -> None:
    """Hold the file where its lines or totals cannot be trusted, or its debits would be paid twice."""
    batch = file.batch
    if not batch_row(batch, book)["totals_agree"]:
        file.hold("header or trailer disagree with the details")
    elif batch.broken_lines:
        file.hold("a line is not of the format, so the totals of what is read prove nothing")
    elif batch.bank_code != file.source_key:
        file.hold("the header is another bank's than the file's name")
    for detail in batch.details:
        if file.status == "loaded" and (batch.bank_code, detail["result_code"]) not in book.debit_codes:
            file.hold(f"unknown result code {detail['result_code']!r}")
    for other in earlier:
        if file.status != "loaded" or other.kind != "bank" or other.status != "loaded":
            continue
        if other.batch.key == batch.key:
            file.hold(f"the batch is loaded from {other.name}")


def debit_batches(files: list[InboxFile], book: Book) -> list[Row]:
    """Every batch of a loaded or held file."""
    return [batch_row(file.batch, book) for file in files if file.kind == "bank" and file.status != "rejected"]


def accepted_batches(files: list[InboxFile]) -> list[Batch]:
    """The batches of the loaded files."""
    return [file.batch for file in files if file.kind == "bank" and file.status == "loaded"]


def debit_failures(files: list[InboxFile], book: Book, exports: Exports) -> list[Row]:
    """Every failed line of an accepted batch, with the customer and outlet of its account by the newest exports that hold them."""
    failures = []
    for batch in accepted_batches(files):
        for detail in batch.details:
            if is_success(batch, detail, book):
                continue
            customer_id, customer = exports.newest_customer(detail["account_id"])
            failures.append(
                {
                    "bank_code": batch.bank_code,
                    "batch_id": batch.batch_id,
                    "debited_on": batch.debited_on,
                    "period": batch.billing_period,
                    "line": detail["line"],
                    "account_id": detail["account_id"],
                    "customer_id": customer_id,
                    "outlet_id": (customer["outlet_id"] or None) if customer else None,
                    "amount": detail["amount"],
                    "result_code": detail["result_code"],
                    "cause": book.debit_codes[batch.bank_code, detail["result_code"]]["cause"],
                }
            )
    return failures


def debit_payments(files: list[InboxFile], book: Book) -> list[Row]:
    """Every successful line of an accepted batch as a payment on the day of the debit, at 00:00."""
    return [
        {
            "payment_id": f"{batch.bank_code}:{batch.batch_id}:{batch.debited_on}:{detail['line']}",
            "account_id": detail["account_id"],
            "paid_at": datetime.combine(batch.debited_on, time()),
            "amount": detail["amount"],
        }
        for batch in accepted_batches(files)
        for detail in batch.details
        if is_success(batch, detail, book) and detail["amount"] > 0
    ]


def debit_returns(files: list[InboxFile], book: Book) -> list[Row]:
    """Every failed line of an accepted batch that takes back a debit of an earlier one, as a payment below zero."""
    lines = [
        {
            "payment_id": f"{batch.bank_code}:{batch.batch_id}:{batch.debited_on}:{detail['line']}",
            "bank_code": batch.bank_code,
            "batch_id": batch.batch_id,
            "line": detail["line"],
            "account_id": detail["account_id"],
            "debited_on": batch.debited_on,
            "period": batch.billing_period,
            "named_period": batch.billing_period,
            "amount": detail["amount"],
            "is_collected": is_success(batch, detail, book),
            "is_return": False,
            "reference": None,
        }
        for batch in accepted_batches(files)
        for detail in batch.details
    ]
    return [
        {
            "payment_id": line["payment_id"],
            "account_id": line["account_id"],
            "paid_at": datetime.combine(line["debited_on"], time()),
            "amount": -amount,
            "reverses_payment_id": debit["payment_id"],
        }
        for line, debit, amount in taken_back(lines, window_days=400)
    ]


def are_of_two_debits(one: str | None, other: str | None) -> bool:
    """Whether both are trace numbers, which a debit has alone, and not the same."""
    return one is not None and other is not None and one != other and one[:6] == other[:6] == "trace "


def taken_back(lines: list[Row], *, window_days: int) -> list[tuple[Row, Row, Decimal]]:
    """Which failed line takes back which collected one, and how much, where no requests are known. Day by day."""
    left = {line["payment_id"]: line["amount"] for line in lines if line["is_collected"]}
    found = []
    for line in sorted(lines, key=lambda row: (row["debited_on"], row["batch_id"], row["line"])):
        if line["is_collected"]:
            continue
        before = [
            debit
            for debit in lines
            if debit["is_collected"]
            and (debit["bank_code"], debit["account_id"]) == (line["bank_code"], line["account_id"])
            and debit["debited_on"] < line["debited_on"]
            and (line["amount"] is None or debit["amount"] >= line["amount"])
            and not are_of_two_debits(line["reference"], debit["reference"])
        ]
        referred_to = [
            debit
            for debit in before
            if line["reference"] not in (None, line["account_id"]) and debit["reference"] == line["reference"]
        ]
        if referred_to:
            before = referred_to
        elif line["named_period"] is not None:
            before = [debit for debit in before if debit["period"] == line["named_period"]]
        elif not line["is_return"]:
            before = [
                debit
                for debit in before
                if (line["debited_on"] - debit["debited_on"]).days <= window_days and debit["amount"] == line["amount"]
            ]
        before.sort(key=lambda debit: (debit["debited_on"], debit["payment_id"]))
        if line["named_period"] is None:
            before.reverse()
        for debit in before:
            wanted = left[debit["payment_id"]] if line["amount"] is None else line["amount"]
            if 0 < wanted <= left[debit["payment_id"]]:
                left[debit["payment_id"]] -= wanted
                found.append((line, debit, wanted))
                break
    return found
