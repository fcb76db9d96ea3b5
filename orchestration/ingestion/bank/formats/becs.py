"""Returned items of Australian Direct Entry (BECS): records of 120 characters in the layout that banks call ABA or Cemtex.

Read: the descriptive record 0, returned items 2, the total record 7. Only what comes back is listed, so every item is a
return or refusal by its nature, with one of the codes 1 to 9. Returned credits are no debits and are passed over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import BinaryIO

from orchestration.ingestion.bank.formats.reading import (
    DEBIT,
    OTHER,
    ReadBatch,
    ResultLine,
    amount_of,
    fixed_text,
    numbered_lines,
)
from orchestration.ingestion.file_reading.malformed_rows import SetAsideLine
from orchestration.ingestion.file_reading.packing import OpenContent

RECORD_LENGTH = 120
_DEBIT_CODE = "13"  # externally initiated debit; 50 to 57 are credits
_NOTHING = Decimal("0.00")


@dataclass
class _Found:
    records: int = 0
    debits: Decimal = _NOTHING
    credits: Decimal = _NOTHING
    original_days: set[date] = field(default_factory=set)
    identity: str = ""


def read_becs(content: OpenContent) -> ReadBatch:
    """Read a file of returned items. Totals that do not agree are differences; records that do not parse are set aside."""
    batch, found = ReadBatch(), _Found()
    with content() as stream:
        _read_records(stream, batch, found)
    batch.original_day = min(found.original_days, default=None)
    batch.name_message("this file of returned items", found.identity, batch.lines)
    return batch


def _read_records(stream: BinaryIO, batch: ReadBatch, found: _Found) -> None:
    has_header = has_total = False
    for number, line in numbered_lines(stream, b" "):
        record = fixed_text(line, RECORD_LENGTH).rstrip(" ")
        if not record:
            continue
        kind, fault = record[:1], None
        if has_total:
            fault = ("line", "stands after the total record")
        elif len(record) > RECORD_LENGTH:
            fault = ("line", f"has {len(record)} characters instead of {RECORD_LENGTH}")
        elif kind == "0":
            has_header = True
            found.identity = record
            batch.debited_on = _day(record[74:80])
            if batch.debited_on is None:
                fault = ("debited_on", f"is not a valid date DDMMYY: '{record[74:80]}'")
        elif kind == "2":
            fault = _returned_item(batch, found, number, record.ljust(RECORD_LENGTH))
        elif kind == "7":
            has_total = True
            fault = _check_totals(batch, found, number, record.ljust(RECORD_LENGTH))
        elif kind in ("1", "3"):
            fault = ("line", f"is not a returned item (record type 2), its type is {kind}")
        else:
            fault = ("line", "has no record type 0, 2 or 7")
        if fault is not None:
            batch.set_aside.append(SetAsideLine(number, record, *fault))
    if not has_header:
        batch.differences.append("there is no descriptive record (type 0)")
    if not has_total:
        batch.differences.append("there is no total record (type 7)")


def _returned_item(batch: ReadBatch, found: _Found, number: int, record: str) -> tuple[str, str] | None:
    """Read one returned item. Returns field and reason of what is wrong with it."""
    found.records += 1
    amount = amount_of(record[20:30], "fen")
    if amount is None:
        return "amount", f"is not a valid whole number of cents: '{record[20:30]}'"
    is_debit = record[18:20] == _DEBIT_CODE
    if is_debit:
        found.debits += amount
    else:
        found.credits += amount
    if not record[18:20].isdigit():
        return "transaction_code", f"is not a valid number: '{record[18:20]}'"
    account, code = record[62:80].strip(), record[17]
    if is_debit and not account:
        return "account_id", "is empty (lodgement reference, positions 63 to 80)"
    if is_debit and code == " ":
        return "result_code", "is empty (return code, position 18)"
    original = _original_day(record[112:114], batch.debited_on)
    if is_debit and original is not None:
        found.original_days.add(original)
    batch.lines.append(
        ResultLine(
            line=number,
            account_id=account,
            bank_account=f"{record[80:87].strip()} {record[87:96].strip()}".strip(),
            amount=amount,
            result_code=code,
            line_kind=DEBIT if is_debit else OTHER,
            is_return=is_debit,
        )
    )
    return None


def _check_totals(batch: ReadBatch, found: _Found, number: int, record: str) -> tuple[str, str] | None:
    """Compare the total record. Returned debits are in the total of debits, at some banks in that of credits."""
    net, credit, debit = (amount_of(record[at : at + 10], "fen") for at in (20, 30, 40))
    if net is None or credit is None or debit is None or not record[74:80].isdigit():
        return "line", "is a total record with a figure that is not a valid number"
    where = f"total record in line {number}:"
    batch.check(f"{where} items", int(record[74:80]), found.records)
    if (credit, debit) != (found.debits, found.credits):
        batch.check(f"{where} total of credits", credit, found.credits)
        batch.check(f"{where} total of debits", debit, found.debits)
    batch.check(f"{where} net total", net, abs(found.credits - found.debits))
    return None


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%d%m%y").date()
    except ValueError:
        return None


def _original_day(text: str, returned_on: date | None) -> date | None:
    """The day of the month on which an item was first processed, as the last such day up to the return."""
    if returned_on is None or not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= 31:
        return None
    day = returned_on
    while day.day != int(text):
        day -= timedelta(days=1)
    return day
