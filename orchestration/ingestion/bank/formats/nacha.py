"""NACHA files of debits and returns: records of 94 characters (Nacha Operating Rules, ACH file record formats).

Read: file header 1, batch header 5, entry detail 6, addenda 7 (type 99 return, 98 notification of change, others are
text), batch control 8, file control 9, filler of nines. A debit with return addenda failed with its code (R01 …); one
without has the code SETTLED. Its reference is `trace` and its trace number, that of a return the one of the original entry.
Notifications of change (COR, C01 …) are corrections and no result. Credits and entries of 0.00 (prenotes) are no debits.
International entries (IAT) are set aside.

A debit is of the batch's effective entry date. The batch of a return may have that date from the original entry, so a return
is of the later of the effective entry date and the settlement date that the ACH operator wrote into the batch (a day of the
year); where that says nothing later, of the day on which the file was created.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import BinaryIO

from orchestration.ingestion.bank.formats.reading import (
    CORRECTION,
    DEBIT,
    OTHER,
    ReadBatch,
    ResultLine,
    fixed_text,
    numbered_lines,
)
from orchestration.ingestion.file_reading.byte_order_marks import without_mark
from orchestration.ingestion.file_reading.malformed_rows import SetAsideLine
from orchestration.ingestion.file_reading.packing import OpenContent

RECORD_LENGTH = 94
BLOCKING_FACTOR = 10
SETTLED = "SETTLED"
_FILLER = "9" * RECORD_LENGTH
_HASH_MODULUS = 10**10
_INTERNATIONAL = "IAT"
_RETURN, _CHANGE = "99", "98"
_FILLING = b"\r\n\x1a\x00 "
_CHUNK_BYTES = 1 << 16
_HALF_A_YEAR = 183


@dataclass
class _Entry:
    number: int
    text: str
    addenda: list[tuple[int, str]] = field(default_factory=list)


@dataclass
class _Batch:
    number: int
    text: str
    entries: list[_Entry] = field(default_factory=list)


@dataclass
class _Sums:
    records: int = 0
    entry_hash: int = 0
    debits: Decimal = Decimal("0.00")
    credits: Decimal = Decimal("0.00")

    def add(self, other: _Sums) -> None:
        self.records += other.records
        self.entry_hash += other.entry_hash
        self.debits += other.debits
        self.credits += other.credits


def read_nacha(content: OpenContent) -> ReadBatch:
    """Read a NACHA file. Control totals that do not agree are differences; records that do not parse are set aside."""
    return _Reader().read(content)


class _Reader:
    def __init__(self) -> None:
        self.batch = ReadBatch()
        self.open: _Batch | None = None
        self.sums = _Sums()
        self.batches = 0
        self.lines = 0
        self.header_seen = self.control_seen = False
        self.created_on: date | None = None
        self.identity = ""
        self.dates: set[date] = set()
        self.original_days: set[date] = set()

    def read(self, content: OpenContent) -> ReadBatch:
        for number, record in _records(content):
            self.lines += 1
            self._record(number, record)
        self._end_batch(None, "the file ends")
        if not self.header_seen:
            self.batch.differences.append("there is no file header (record type 1)")
        if not self.control_seen:
            self.batch.differences.append("there is no file control (record type 9)")
        if len(self.dates) == 1:
            self.batch.debited_on = self.dates.pop()
        self.batch.name_message("this NACHA file", self.identity, self.batch.lines)
        if all(line.is_return for line in self.batch.lines if line.line_kind == DEBIT):
            self.batch.original_day = min(self.original_days, default=None)
        return self.batch

    def _record(self, number: int, record: str) -> None:
        kind = record[:1]
        if self.control_seen:
            if record != _FILLER:
                self._aside(number, record, "line", "stands after the file control")
            return
        if len(record) > RECORD_LENGTH:
            self._aside(number, record, "line", f"has {len(record)} characters instead of {RECORD_LENGTH}")
            return
        record = record.ljust(RECORD_LENGTH)
        if kind == "1":
            self.header_seen = True
            self.created_on = _day(record[23:29])
            self.identity = record[3:34]  # to whom, from whom, when, and which of the day
        elif kind == "5":
            self._end_batch(None, f"the next one begins in line {number}")
            self.open = _Batch(number, record)
            self.batches += 1
        elif kind == "6":
            if self.open is None:
                self._aside(number, record, "line", "is an entry outside any batch")
                self.sums.add(self._sums(_Entry(number, record)))
            else:
                self.open.entries.append(_Entry(number, record))
        elif kind == "7":
            if self.open is None or not self.open.entries:
                self._aside(number, record, "line", "is an addenda record without an entry")
                self.sums.records += 1
            else:
                self.open.entries[-1].addenda.append((number, record))
        elif kind == "8":
            self._end_batch((number, record), "")
        elif kind == "9":
            self._file_control(number, record)
        else:
            self._aside(number, record, "line", "has no record type from 1 to 9")

    def _end_batch(self, control: tuple[int, str] | None, why: str) -> None:
        opened, self.open = self.open, None
        if opened is None:
            if control is not None:
                self._aside(*control, "line", "is a batch control without a batch")
            return
        sums = _Sums()
        for entry in opened.entries:
            sums.add(self._sums(entry))
            self._entry(opened, entry)
        self.sums.add(sums)
        if control is None:
            self.batch.differences.append(
                f"batch of line {opened.number}: there is no batch control (record type 8), {why}"
            )
            return
        number, record = control
        where = f"batch control in line {number}:"
        self._control(number, record, where, "entry/addenda count", record[4:10], sums.records)
        self._control(number, record, where, "entry hash", record[10:20], sums.entry_hash % _HASH_MODULUS)
        self._control(number, record, where, "total debits", record[20:32], sums.debits, money=True)
        self._control(number, record, where, "total credits", record[32:44], sums.credits, money=True)

    def _file_control(self, number: int, record: str) -> None:
        self._end_batch(None, f"the file control comes in line {number}")
        self.control_seen = True
        where = f"file control in line {number}:"
        self._control(number, record, where, "batch count", record[1:7], self.batches)
        self._control(number, record, where, "block count", record[7:13], -(-self.lines // BLOCKING_FACTOR))
        self._control(number, record, where, "entry/addenda count", record[13:21], self.sums.records)
        self._control(number, record, where, "entry hash", record[21:31], self.sums.entry_hash % _HASH_MODULUS)
        self._control(number, record, where, "total debits", record[31:43], self.sums.debits, money=True)
        self._control(number, record, where, "total credits", record[43:55], self.sums.credits, money=True)

    def _control(
        self, number: int, record: str, where: str, name: str, text: str, found: int | Decimal, money: bool = False
    ) -> None:
        if not (text.isascii() and text.isdigit()):
            self._aside(number, record, name, f"is not a valid number: '{text}'")
            return
        said: int | Decimal = Decimal(text).scaleb(-2) if money else int(text)
        self.batch.check(f"{where} {name}", said, found)

    def _sums(self, entry: _Entry) -> _Sums:
        """What an entry adds to the controls of its batch, whether or not it can be used."""
        routing, amount = entry.text[3:11], entry.text[29:39]
        money = Decimal(amount).scaleb(-2) if amount.isascii() and amount.isdigit() else Decimal("0.00")
        sums = _Sums(1 + len(entry.addenda), int(routing) if routing.isascii() and routing.isdigit() else 0)
        if _is_debit(entry.text):
            sums.debits = money
        else:
            sums.credits = money
        return sums

    def _entry(self, batch: _Batch, entry: _Entry) -> None:
        fault = _entry_fault(batch, entry)
        if fault is not None:
            self._aside(entry.number, entry.text, *fault)
            return
        text = entry.text
        amount = Decimal(text[29:39]).scaleb(-2)
        # An entry of 0.00 is a prenote: it tries an account, and no money is asked for.
        kind, code, reason = DEBIT if _is_debit(text) and amount else OTHER, SETTLED, None
        is_return, trace = False, text[79:94]
        for number, addenda in entry.addenda:
            addenda_type, addenda_code = addenda[1:3], addenda[3:6].strip()
            if addenda_type not in (_RETURN, _CHANGE):
                continue
            if not addenda_code:
                self._aside(number, addenda, "result_code", "is empty")
                return
            if addenda_type == _CHANGE:
                kind = CORRECTION
            is_return, trace = addenda_type == _RETURN and kind == DEBIT, addenda[6:21]
            code = addenda_code
            reason = (addenda[35:79] if addenda_type == _RETURN else addenda[35:64]).strip() or None
        effective_on = _day(batch.text[69:75])
        day = self._noticed_on(batch, effective_on) if is_return or kind == CORRECTION else effective_on
        if day is not None and kind != OTHER:
            self.dates.add(day)
        if is_return and effective_on is not None:
            self.original_days.add(effective_on)
        self.batch.lines.append(
            ResultLine(
                line=entry.number,
                account_id=text[39:54].strip(),
                bank_account=text[12:29].strip(),
                amount=amount,
                result_code=code,
                reason_text=reason,
                line_kind=kind,
                is_return=is_return,
                debited_on=day,
                reference=f"trace {trace.strip()}" if trace.strip(" 0") else None,
            )
        )

    def _noticed_on(self, batch: _Batch, effective_on: date | None) -> date | None:
        """The day of a return or correction, whose batch may have the effective entry date of the original entry."""
        settled_on = _day_of_year(batch.text[75:78], self.created_on or effective_on)
        if settled_on is not None and (effective_on is None or settled_on > effective_on):
            return settled_on
        return max((day for day in (effective_on, self.created_on) if day is not None), default=None)

    def _aside(self, number: int, record: str, name: str, reason: str) -> None:
        if self.batch.set_aside and self.batch.set_aside[-1].line_number == number:
            return  # a control with several unreadable figures is one line, set aside for the first of them
        self.batch.set_aside.append(SetAsideLine(number, record.rstrip(), name, reason))


def _records(content: OpenContent) -> Iterator[tuple[int, str]]:
    """The file's records: lines, or blocks of 94 bytes where the file has no line ends."""
    with content() as stream:
        has_lines = _has_line_ends(stream)
    with content() as stream:
        if not has_lines:
            yield from _blocks(stream)
            return
        for number, line in numbered_lines(stream, _FILLING):
            text = fixed_text(line, RECORD_LENGTH)
            if len(text) > RECORD_LENGTH:
                text = text.rstrip(" ")
            if text.strip():
                yield number, text


def _has_line_ends(stream: BinaryIO) -> bool:
    """Whether a line ends before something that is no filling: then its records are lines."""
    has_ended = False
    while chunk := stream.read(_CHUNK_BYTES):
        said = chunk.rstrip(_FILLING)
        if (has_ended and said) or b"\n" in said:
            return True
        has_ended = has_ended or b"\n" in chunk
    return False


def _blocks(stream: BinaryIO) -> Iterator[tuple[int, str]]:
    rest = without_mark(stream.read(RECORD_LENGTH))
    for number in count(1):
        record = rest + stream.read(RECORD_LENGTH - len(rest))
        rest = b""
        if not record:
            return
        if record.strip(_FILLING):
            yield number, record.rstrip(b"\r\n\x1a\x00").decode("latin-1")


def _is_debit(entry: str) -> bool:
    """By the second digit of the transaction code: 1 to 4 are credits (and their returns), 5 to 9 debits."""
    return entry[2:3] in "56789"


def _entry_fault(batch: _Batch, entry: _Entry) -> tuple[str, str] | None:
    text = entry.text
    if batch.text[50:53] == _INTERNATIONAL:
        return (
            "line",
            "is an international entry (IAT), whose layout is another one: ask the bank for domestic ones apart",
        )
    if not (text[1:3].isascii() and text[1:3].isdigit()):
        return "transaction_code", f"is not a valid number: '{text[1:3]}'"
    if not (text[29:39].isascii() and text[29:39].isdigit()):
        return "amount", f"is not a valid whole number of cents: '{text[29:39]}'"
    is_change = any(addenda[1:3] == _CHANGE for _, addenda in entry.addenda)
    if (_is_debit(text) or is_change) and not text[39:54].strip():
        return "account_id", "is empty (individual identification number, positions 40 to 54)"
    if text[78:79] == "1" and not entry.addenda:
        return "line", "says that addenda follow, and none does"
    return None


def _day_of_year(text: str, near: date | None) -> date | None:
    """The day of a number from 001 to 366 that is at most half a year from another day; None if there is no such day."""
    if near is None or not (text.isascii() and text.isdigit()) or text == "000":
        return None
    days = [date(year, 1, 1) + timedelta(days=int(text) - 1) for year in (near.year - 1, near.year, near.year + 1)]
    # Day 366 is of leap years alone, and 367 of none.
    near_days = (day for day in days if day.strftime("%j") == text and abs((day - near).days) <= _HALF_A_YEAR)
    return next(near_days, None)


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%y%m%d").date()
    except ValueError:
        return None
