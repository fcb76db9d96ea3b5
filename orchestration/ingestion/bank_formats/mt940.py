"""SWIFT MT940 account statements as results of direct debits, read by the library mt-940.

Which transaction types (field 61: N and three letters) collect a debit and which return one is the format's declaration;
account and result code are found in the details (field 86) by its patterns. Other bookings are kept and mean nothing here.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import mt940 as swift

from orchestration.ingestion.bank_formats.declared import BankFormat
from orchestration.ingestion.bank_formats.reading import DEBIT, OTHER, ReadBatch, ResultLine
from orchestration.ingestion.malformed_rows import SetAsideLine

COLLECTED = "BOOK"  # as camt.054 has it: both report by the codes of ISO 20022
_CENT = Decimal("0.01")
_STATEMENT_LINE = re.compile(r"^:61:", re.MULTILINE)


def read_mt940(content: bytes, declared: BankFormat) -> ReadBatch:
    """Read a file of statements. Opening balance and bookings must make the closing balance, statement by statement."""
    batch = ReadBatch()
    text = content.decode("utf-8", errors="backslashreplace")
    number = 0
    dates = set()
    statements = [":20:" + part for part in re.split(r"^:20:", text, flags=re.MULTILINE)[1:]]
    if not statements:
        batch.differences.append("it has no statement (field 20)")
    for at, statement in enumerate(statements, start=1):
        try:
            parsed = swift.parse(statement)
        except Exception as error:  # noqa: BLE001  the library raises what it meets: RuntimeError, ValueError, decimal errors
            batch.differences.append(f"statement {at} cannot be read: {error}")
            continue
        bookings = list(parsed)
        written = len(_STATEMENT_LINE.findall(statement))
        batch.check(f"statement {at}: bookings (field 61)", written, len(bookings))
        _check_balances(batch, at, parsed.data, bookings)
        for booking in bookings:
            number += 1
            line, fault = _line(number, booking.data, declared)
            if fault is not None:
                batch.set_aside.append(SetAsideLine(number, str(booking.data)[:2_000], *fault))
            else:
                assert line is not None
                batch.lines.append(line)
                if line.line_kind == DEBIT:
                    dates.add(booking.data["date"])
    if len(dates) == 1:
        day = dates.pop()  # the library's own kind of date
        batch.debited_on = date(day.year, day.month, day.day)
    return batch


def _check_balances(batch: ReadBatch, at: int, data: dict[str, Any], bookings: list[Any]) -> None:
    opening = data.get("final_opening_balance") or data.get("intermediate_opening_balance")
    closing = data.get("final_closing_balance") or data.get("intermediate_closing_balance")
    if opening is None or closing is None:
        batch.differences.append(f"statement {at}: opening (60) or closing balance (62) is missing")
        return
    found = opening.amount.amount + sum((_signed(booking.data) for booking in bookings), Decimal(0))
    batch.check(f"statement {at}: closing balance", closing.amount.amount, found)


def _signed(data: dict[str, Any]) -> Decimal:
    """What a booking adds to the balance. The library takes RC, the reversal of a credit, for a credit."""
    amount: Decimal = abs(data["amount"].amount)
    return -amount if data["status"] in ("D", "RC") else amount


def _line(number: int, data: dict[str, Any], declared: BankFormat) -> tuple[ResultLine | None, tuple[str, str] | None]:
    """A booking as a line, or field and reason of what is wrong with it."""
    money = data["amount"]
    signed = _signed(data)
    amount = abs(signed)
    details = data.get("transaction_details") or ""
    kind_of_booking = data.get("id") or ""
    kind, code, account = OTHER, COLLECTED, ""
    if kind_of_booking in (*declared.collected_types, *declared.returned_types):
        kind = DEBIT
        is_return = kind_of_booking in declared.returned_types
        assert declared.account_id is not None and declared.result_code is not None
        found = declared.account_id.search(details)
        if found is None:
            return None, ("account_id", f"is not found in the details (field 86) by {declared.account_id.pattern}")
        account = found["value"].strip()
        if is_return == (signed > 0):
            sign = "a credit" if signed > 0 else "a debit"
            return None, ("amount", f"is {sign}, which {kind_of_booking} cannot be by the format")
        if is_return:
            reason = declared.result_code.search(details)
            if reason is None:
                return None, ("result_code", f"is not found in the details by {declared.result_code.pattern}")
            code = reason["value"].strip()
        if money.currency != declared.currency:
            return None, ("amount", f"is in {money.currency}, the format reads {declared.currency}")
    if amount != amount.quantize(_CENT):
        return None, ("amount", f"has more than two decimals: {amount}")
    return (
        ResultLine(
            line=number,
            account_id=account,
            bank_account="",
            amount=amount.quantize(_CENT),
            result_code=code,
            reason_text=" ".join(details.split()) or None,
            line_kind=kind,
        ),
        None,
    )
