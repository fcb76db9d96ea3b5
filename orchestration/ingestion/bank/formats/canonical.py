"""The canonical result file (SPEC 3.2): header H, details D, trailer T, separated by `|`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import BinaryIO

from orchestration.ingestion.bank.formats.reading import ReadBatch, ResultLine, numbered_lines
from orchestration.ingestion.file_reading.bounds import ABOVE_ANY_AMOUNT
from orchestration.ingestion.file_reading.malformed_rows import SetAsideLine
from orchestration.ingestion.file_reading.packing import OpenContent
from orchestration.ingestion.file_reading.whole_numbers import whole_number

HEADER_FIELDS = (
    "bank_code",
    "batch_id",
    "billing_period",
    "debited_on",
    "records",
    "total_amount",
    "success_records",
    "success_amount",
)
DETAIL_FIELDS = ("line", "account_id", "bank_account", "amount", "result_code")

_AMOUNT = re.compile(r"[0-9]{1,16}\.[0-9]{2}")
_PERIOD = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def bank_header_fault(line: str) -> str | None:
    """Why a first line is not the header of a canonical bank result file, or None."""
    fields = line.rstrip(" \t").split("|")
    if fields[0] != "H":
        return f"no header: the first line should begin with H|, it begins with '{line[:20]}'"
    if len(fields) != 1 + len(HEADER_FIELDS):
        return f"wrong header: it has {len(fields) - 1} fields instead of {', '.join(HEADER_FIELDS)}"
    for name, text in zip(HEADER_FIELDS, fields[1:], strict=True):
        if not _header_field_is_sound(name, text):
            return f"wrong header: field {name} cannot be '{text}'"
    return None


def read_canonical(content: OpenContent) -> ReadBatch:
    """Read a file whose first line is a sound header (`bank_header_fault`)."""
    with content() as stream:
        return _read_lines(_texts(stream))


def _texts(stream: BinaryIO) -> Iterator[tuple[int, str]]:
    """The lines with their numbers. Blanks at their ends say nothing; 0x1A is an old end-of-file mark."""
    waiting: tuple[int, bytes] | None = None
    for number, line in numbered_lines(stream, b"\x1a\x00 \t\r"):
        if waiting is not None:
            yield waiting[0], _text(waiting[1])
        waiting = number, line
    if waiting is not None:
        yield waiting[0], _text(waiting[1].rstrip(b"\x1a\x00 \r\n"))


def _text(line: bytes) -> str:
    return line.decode("utf-8", errors="backslashreplace").rstrip(" \t")


def _read_lines(lines: Iterator[tuple[int, str]]) -> ReadBatch:
    header = dict(zip(HEADER_FIELDS, next(lines)[1].split("|")[1:], strict=True))
    batch = ReadBatch(
        bank_code=header["bank_code"],
        batch_id=header["batch_id"],
        billing_period=header["billing_period"],
        debited_on=date.fromisoformat(header["debited_on"]),
        records=int(header["records"]),
        total_amount=Decimal(header["total_amount"]),
        success_records=int(header["success_records"]),
        success_amount=Decimal(header["success_amount"]),
        has_trailer=True,
    )
    first_with: dict[int, int] = {}
    for number, line in lines:
        fields = line.split("|")
        if batch.trailer_records is not None:
            batch.set_aside.append(SetAsideLine(number, line, "line", "stands after the trailer"))
        elif fields[0] == "T" and len(fields) == 2 and whole_number(fields[1]) is not None:
            batch.trailer_records = int(fields[1])
        else:
            fault = _detail_fault(fields, first_with)
            if fault is not None:
                batch.set_aside.append(SetAsideLine(number, line, *fault))
                continue
            row = dict(zip(DETAIL_FIELDS, fields[1:], strict=True))
            first_with[int(row["line"])] = number
            batch.lines.append(
                ResultLine(
                    line=int(row["line"]),
                    account_id=row["account_id"],
                    bank_account=row["bank_account"],
                    amount=Decimal(row["amount"]),
                    result_code=row["result_code"],
                )
            )
    return batch


def _header_field_is_sound(name: str, text: str) -> bool:
    if name in ("records", "success_records"):
        return whole_number(text) is not None
    if name in ("total_amount", "success_amount"):
        return _AMOUNT.fullmatch(text) is not None
    if name == "billing_period":
        return _PERIOD.fullmatch(text) is not None
    return _is_day(text) if name == "debited_on" else bool(text.strip())


def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _detail_fault(fields: list[str], first_with: dict[int, int]) -> tuple[str, str] | None:
    """Field and reason of the first thing wrong with a detail line."""
    if fields[0] != "D":
        return "line", "is neither a detail D|… nor the trailer T|records"
    if len(fields) != 1 + len(DETAIL_FIELDS):
        return "line", f"has {len(fields) - 1} fields instead of {len(DETAIL_FIELDS)}"
    line, account_id, _, amount, result_code = fields[1:]
    if not whole_number(line):
        return "line", "is not a valid whole number from 1"
    if int(line) in first_with:
        return "line", f"repeats that of line {first_with[int(line)]} of the file"
    if not account_id:
        return "account_id", "is empty"
    if not _AMOUNT.fullmatch(amount):
        return "amount", "is not a valid amount with two decimals"
    if Decimal(amount) >= ABOVE_ANY_AMOUNT:
        return "amount", f"is not below {ABOVE_ANY_AMOUNT}"
    if not result_code:
        return "result_code", "is empty"
    return None
