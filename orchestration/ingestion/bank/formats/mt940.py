"""SWIFT MT940 account statements as results of direct debits.

Read: fields 60 and 62 (balances), 61 (bookings), 86 (details of a booking); other fields are passed over. Which
transaction types (field 61: N and three letters) collect a debit and which return one is the format's declaration.
Account and result code are found in the details by its patterns, after swift_details.py has joined the lines that the
bank has cut. The debit is the amount that was asked for, where one of the two fields says it; the rest of what is booked is
the bank's charge. Other bookings are kept and mean nothing here.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import BinaryIO

from orchestration.ingestion.bank.formats.declared import BankFormat
from orchestration.ingestion.bank.formats.reading import (
    DEBIT,
    OTHER,
    ReadBatch,
    ResultLine,
    find_account,
    find_reference,
)
from orchestration.ingestion.bank.formats.swift_details import AmountFault, JoinedDetails, join_details, worded_amounts
from orchestration.ingestion.file_reading.bounds import ABOVE_ANY_AMOUNT
from orchestration.ingestion.file_reading.byte_order_marks import without_mark
from orchestration.ingestion.file_reading.malformed_rows import SetAsideLine
from orchestration.ingestion.file_reading.packing import OpenContent

COLLECTED, REVERSED = "BOOK", "RVSL"  # as camt.054 has them: both report by the codes of ISO 20022
_CENT, _NOTHING = Decimal("0.01"), Decimal("0.00")
_TAG = re.compile(r":(13D?|20|21|25P?|28C?|34F|60[FM]?|61|62[FM]?|64|65|86|90[CD]|NS):")
#: The blocks of a SWIFT message before its text, if the first field is in the same line.
_BLOCKS_BEFORE = re.compile(r"^(?:\{[^{}]*\})*\{4:(?=:)")
#: Field 61: value date, entry date, mark, third letter of the currency, amount, type, the bank's references.
_BOOKING = re.compile(
    r"(?P<value_date>[0-9]{6})(?:(?P<entry_date>[0-9]{4})|\s{4})?(?P<mark>RC|RD|C|D)[A-Z]?(?P<amount>[0-9]{1,15},[0-9]{0,2}(?![0-9]))"
    r"(?P<type>[A-Z][A-Z0-9]{3})?(?P<references>.*)"
)
_BALANCE = re.compile(r"(?P<mark>C|D)(?P<date>[0-9]{6})(?P<currency>[A-Z]{3})(?P<amount>[0-9]{1,15},[0-9]{0,2})")
#: Marks that take money off the account: a debit, and the reversal of a credit.
_DEBITS = ("D", "RC")
_LONGEST_SHOWN = 2_000
_CHUNK_BYTES = 1 << 16


@dataclass
class _Booking:
    lines: list[str]
    details: list[str] = field(default_factory=list)

    @property
    def shown(self) -> str:
        return " ".join([":61:" + " ".join(self.lines), *self.details])[:_LONGEST_SHOWN]


@dataclass
class _Balance:
    currency: str
    amount: Decimal


@dataclass
class _Statement:
    """Fields as written; balances that cannot be read are a difference when the statement is checked."""

    account: str = ""
    number: str = ""
    opening: list[str] = field(default_factory=list)
    closing: list[str] = field(default_factory=list)
    goes_on: bool = False  # its last balance is an intermediate one (62M): the next page has the rest
    is_continued: bool = False  # its first balance is an intermediate one (60M)
    bookings: list[_Booking] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"statement {self.number} of account {self.account}"

    @property
    def identity(self) -> str:
        return repr((self.account, self.number, self.opening, self.closing))


def read_mt940(content: OpenContent, declared: BankFormat) -> ReadBatch:
    """Read a file of statements. Opening balance and bookings must make the closing balance, statement by statement."""
    batch = ReadBatch()
    encoding = declared.details_encoding or _encoding_of(content)
    with content() as stream:
        # A byte is a character until the pieces of a field are joined: that is how banks count their lines.
        _read_statements(_statements(_texts(stream)), declared, encoding, batch)
    return batch


def _read_statements(statements: Iterator[_Statement], declared: BankFormat, encoding: str, batch: ReadBatch) -> None:
    at = number = 0
    dates: set[date] = set()
    page_before: dict[str, _Statement] = {}
    for at, statement in enumerate(statements, start=1):
        opening, closing = _balance(statement.opening[:1]), _balance(statement.closing[-1:])
        found = Decimal(0) if opening is None else opening.amount
        are_read, first = True, len(batch.lines)
        for booking in statement.bookings:
            number += 1
            line, signed, booked_on, fault = _line(number, booking, opening, declared, encoding)
            if signed is None:
                are_read = False
            else:
                found += signed
            if fault is not None:
                batch.set_aside.append(SetAsideLine(number, booking.shown, *fault))
                continue
            assert line is not None
            batch.lines.append(line)
            if line.line_kind == DEBIT and booked_on is not None:
                dates.add(booked_on)
        batch.name_message(statement.name, statement.identity, batch.lines[first:])
        _check_page(at, statement, page_before.get(statement.account), batch)
        page_before[statement.account] = statement
        if opening is None or closing is None:
            batch.differences.append(
                f"statement {at}: opening (60) or closing balance (62) is missing or cannot be read"
            )
        elif opening.currency != closing.currency:
            batch.differences.append(
                f"statement {at}: opening balance is in {opening.currency}, closing balance in {closing.currency}"
            )
        elif are_read:
            batch.check(f"statement {at}: closing balance", closing.amount, found)
    if not at:
        batch.differences.append("it has no statement (field 20)")
    if len(dates) == 1:
        batch.debited_on = dates.pop()


def _check_page(at: int, statement: _Statement, before: _Statement | None, batch: ReadBatch) -> None:
    """A page goes on where the one before it of the same account ended: one between them would be missing."""
    if before is None or not (before.goes_on or statement.is_continued):
        return
    if not statement.is_continued:
        batch.differences.append(
            f"statement {at}: the page before it ends in an intermediate balance and is not continued"
        )
        return
    ended, begun = _balance(before.closing[-1:]), _balance(statement.opening[:1])
    if ended is not None and begun is not None:
        batch.check(f"statement {at}: opening balance of the page", begun.amount, ended.amount)


def _encoding_of(content: OpenContent) -> str:
    """UTF-8 where the file is; else a byte is a character. All that is needed is ASCII, so that a name in whatever
    encoding costs no booking."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with content() as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _texts(stream: BinaryIO) -> Iterator[str]:
    """The lines, whichever way they end."""
    text = io.TextIOWrapper(stream, encoding="latin-1", newline=None)
    for number, line in enumerate(text):
        yield (without_mark(line.encode("latin-1")).decode("latin-1") if number == 0 else line).removesuffix("\n")
    text.detach()


def _statements(lines: Iterator[str]) -> Iterator[_Statement]:
    """The statements of a file: each begins with field 20. A field ends where the next one, or the message, does."""
    statement: _Statement | None = None
    open_field: list[str] | None = None
    after_booking = False
    for raw in lines:
        line = _BLOCKS_BEFORE.sub("", raw.rstrip("\x1a\x00"))
        match = _TAG.match(line)
        if match is None:
            if line.strip() == "-" or line.startswith(("{", "-}")):  # the end of a message, the blocks around it
                open_field, after_booking = None, False
            elif open_field is not None:
                open_field.append(line)
            continue
        tag, rest = match[1], line[match.end() :]
        open_field = None
        if tag == "20":
            if statement is not None:
                yield statement
            statement = _Statement()
        if statement is None:
            if not tag.startswith(("60", "61", "62", "86")):
                continue
            statement = _Statement()  # its head was cut off; its bookings are not lost without a word
        if tag in ("60F", "60M", "60"):
            statement.is_continued = tag == "60M" and not statement.opening
            statement.opening.append(rest)
        elif tag in ("62F", "62M", "62"):
            statement.goes_on = tag == "62M"
            statement.closing.append(rest)
        elif tag in ("25", "25P"):
            statement.account = rest.strip()
        elif tag in ("28", "28C"):
            statement.number = rest.strip()
        elif tag == "61":
            statement.bookings.append(_Booking([rest]))
            open_field, after_booking = statement.bookings[-1].lines, True
            continue
        elif tag == "86" and after_booking:
            open_field = statement.bookings[-1].details
            open_field.append(rest)
            continue
        after_booking = False
    if statement is not None:
        yield statement


def _balance(texts: list[str]) -> _Balance | None:
    match = _BALANCE.match(texts[0]) if texts else None
    if match is None:
        return None
    amount = _amount(match["amount"])
    return _Balance(match["currency"], -amount if match["mark"] == "D" else amount)


def _amount(text: str) -> Decimal:
    """An amount of SWIFT: figures, a comma, and up to two decimals."""
    return Decimal(text.replace(",", ".").removesuffix(".")).quantize(_CENT)


_Read = tuple[ResultLine | None, Decimal | None, date | None, tuple[str, str] | None]


def _line(number: int, booking: _Booking, opening: _Balance | None, declared: BankFormat, encoding: str) -> _Read:
    """A booking as a line, what it adds to the balance, its day, and field and reason of what is wrong with it."""
    match = _BOOKING.match(booking.lines[0])
    if match is None:
        return (
            None,
            None,
            None,
            ("line", "is not a valid booking (field 61): date, mark, amount with a comma and at most two decimals"),
        )
    amount, mark = _amount(match["amount"]), match["mark"]
    if amount >= ABOVE_ANY_AMOUNT:
        return None, None, None, ("amount", f"is not below {ABOVE_ANY_AMOUNT}")
    signed = -amount if mark in _DEBITS else amount
    booked_on = _day(match["value_date"])
    if booked_on is None:
        return None, signed, None, ("debited_on", f"is not a valid date YYMMDD: '{match['value_date']}'")
    details = join_details(booking.details, encoding)
    kind, code, account, is_return, debit, charge = OTHER, COLLECTED, "", False, amount, _NOTHING
    more_lines = "".join(booking.lines[1:])
    collects, returns = match["type"] in declared.collected_types, match["type"] in declared.returned_types
    if collects or returns:
        assert declared.account_id is not None and declared.result_code is not None
        kind = DEBIT
        # A return takes money off the account; so does the reversal of a collection. The reversal of a return brings it.
        is_return = mark == "RC" or (returns and mark == "D")
        if is_return:
            # Banks value a return back to the day of the debit: money has gone back when it was entered.
            booked_on = max(booked_on, _entry_day(match["entry_date"], booked_on) or booked_on)
        # A type may be of both: then the mark says which it is.
        if (mark in ("D", "RD") and not returns) or (mark == "C" and not collects):
            sign = {"D": "a debit", "RD": "the reversal of a debit", "C": "a credit"}[mark]
            return None, signed, None, ("amount", f"is {sign}, which {match['type']} cannot be by the format")
        found = find_account(declared.account_id, details.text, details.may_be_cut_at)
        if found.value is None and mark == "C" and declared.collected_unless_returned is not None and not found.is_cut:
            # One booking for all that was collected: of a bank that lists failures only, the request says whose it is.
            return _passed_over(number, amount, details), signed, None, None
        if found.value is None:
            return None, signed, None, ("account_id", f"is not found in the details (field 86): {found.fault}")
        account = found.value
        if is_return:
            reason = find_reference(declared.result_code, details.text, details.may_be_cut_at)
            if reason.value is None and (mark != "RC" or reason.is_cut):
                return None, signed, None, ("result_code", f"is not found in the details: {reason.fault}")
            code = reason.value or REVERSED
        if opening is not None and opening.currency != declared.currency:
            return None, signed, None, ("amount", f"is in {opening.currency}, the format reads {declared.currency}")
        try:
            debit, charge = _debit_and_charge(signed, match["references"] + more_lines, details, declared.currency)
        except AmountFault as fault:
            return None, signed, None, ("amount", str(fault))
    return (
        ResultLine(
            line=number,
            account_id=account,
            bank_account="",
            amount=debit,
            result_code=code,
            reason_text=" ".join(details.text.split()) or None,
            line_kind=kind,
            is_return=is_return,
            reference=_reference(match["references"], account) if kind == DEBIT else None,
            charge_amount=charge,
            debited_on=booked_on if kind == DEBIT else None,
        ),
        signed,
        booked_on,
        None,
    )


def _passed_over(number: int, amount: Decimal, details: JoinedDetails) -> ResultLine:
    text = " ".join(details.text.split()) or None
    return ResultLine(number, "", "", amount, COLLECTED, reason_text=text, line_kind=OTHER)


def _debit_and_charge(signed: Decimal, booking: str, details: JoinedDetails, currency: str) -> tuple[Decimal, Decimal]:
    """The debit, and what the bank has charged with it: charges make a booking off the account greater, one to it less."""
    booked, said = abs(signed), worded_amounts(booking, details, currency)
    with_charges = (said.charges or _NOTHING) * (1 if signed < 0 else -1)
    if not said.instructed:
        debit = booked - with_charges
        if debit <= 0:
            raise AmountFault(f"is {booked}, and charges of {said.charges} leave nothing of it")
        return debit, said.charges or _NOTHING
    if booked in (said.instructed, said.instructed + with_charges):
        return said.instructed, said.charges or _NOTHING
    more = booked - said.instructed if signed < 0 else said.instructed - booked
    if said.charges or more < 0:
        raise AmountFault(
            f"is {booked}, which is not the {said.instructed} that was asked for with charges of {said.charges or 0}"
        )
    return said.instructed, more


def _reference(text: str, account_id: str) -> str | None:
    """The customer's reference of a booking, before //; None if it does not identify a single debit."""
    reference = re.split("//|/OCMT/|/CHGS/", text, maxsplit=1)[0].strip()
    return reference if reference and reference not in ("NONREF", account_id) else None


def _entry_day(text: str | None, value_date: date) -> date | None:
    """The entry date (MMDD) in the year that brings it nearest to the value date; None if the booking has no entry date."""
    years = (value_date.year - 1, value_date.year, value_date.year + 1)
    days = [day for year in years if text and (day := _day(f"{year % 100:02}{text}")) is not None]
    return min(days, key=lambda day: abs(day - value_date), default=None)


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%y%m%d").date()
    except ValueError:
        return None
