"""What a layout makes of a bank file: the lines of one debit batch, its control totals, and what could not be read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import BinaryIO

from orchestration.ingestion.file_reading.bounds import ABOVE_ANY_AMOUNT, exceeded, watch
from orchestration.ingestion.file_reading.byte_order_marks import without_mark
from orchestration.ingestion.file_reading.malformed_rows import SetAsideLine
from orchestration.printable import size_text

#: What a line is: a debit's result, a bank's correction of an account (a notification of change), a pending debit, or
#: a booking that is no debit, which is kept and means nothing here.
DEBIT, CORRECTION, PENDING, OTHER = "debit", "correction", "pending", "other"

_YUAN = re.compile(r"[0-9]{1,16}(\.[0-9]{1,2})?")
_FEN = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class ResultLine:
    """One line of a result file. Grain: a debit that was asked for; amounts in the branch's currency.

    `amount` is None where a refused debit is listed without it: it is that of its request.
    `collected_amount` is None where only the result code says whether the whole amount was collected. `is_return` says
    that the file itself names the line a return of money that was collected before. `reference` is the bank's own id of
    the debit: of a collected debit its own, of a return or refusal that of the debit it is about.
    `charge_amount` is what the bank took for itself besides the debit. `debited_on` is the line's own day, where the file
    says one for each.
    """

    line: int
    account_id: str
    bank_account: str
    amount: Decimal | None
    result_code: str
    collected_amount: Decimal | None = None
    is_cause_inferred: bool = False
    reason_text: str | None = None
    line_kind: str = DEBIT
    is_return: bool = False
    reference: str | None = None
    charge_amount: Decimal = Decimal("0.00")
    debited_on: date | None = None


@dataclass(frozen=True)
class WholeRequest:
    """A request that a report answers as a whole, with one result code and none of its debits listed. `said_records` and
    `said_amount` are what the report says of the request; `unknown` is the difference where nobody knows its lines."""

    request_id: str
    result_code: str
    unknown: str
    said_records: int | None = None
    said_amount: Decimal | None = None


@dataclass
class ReadBatch:
    """A file as read. The header's figures are None where the file does not say them.

    `differences` are the control totals that do not agree, each in words: its name, the declared and the computed figure.
    `whole_requests` are answered without their lines: these are those of the request, where it is known.
    `original_day` is the earliest day on which debits that come back were made, where the file says it.
    `messages` are the statements, notifications or files that name themselves: a digest of name and debits → the name.
    """

    lines: list[ResultLine] = field(default_factory=list)
    set_aside: list[SetAsideLine] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    whole_requests: list[WholeRequest] = field(default_factory=list)
    bank_code: str | None = None
    batch_id: str | None = None
    billing_period: str | None = None
    debited_on: date | None = None
    original_day: date | None = None
    records: int | None = None
    total_amount: Decimal | None = None
    success_records: int | None = None
    success_amount: Decimal | None = None
    trailer_records: int | None = None
    has_trailer: bool = False
    messages: dict[str, str] = field(default_factory=dict)

    def name_message(self, name: str, identity: str, lines: Sequence[ResultLine]) -> None:
        """Note a message that names itself, so that the same one in another file is known. One without debits is not noted."""
        debits = [line for line in lines if line.line_kind == DEBIT]
        if debits:
            said = [
                (line.account_id, line.amount, line.result_code, line.reference, line.debited_on) for line in debits
            ]
            key = hashlib.sha256(repr((identity, said)).encode()).hexdigest()[:32]
            if key in self.messages:
                self.differences.append(f"{name} stands twice in the file")
            self.messages[key] = name

    def check(self, control: str, said: object, found: object) -> None:
        """Note a control total that does not agree with what was found."""
        if said != found:
            self.differences.append(f"{control} {said}, found {found}")


def amount_of(text: str, unit: str = "yuan") -> Decimal | None:
    """The exact amount of a text in yuan (at most two decimals) or fen (whole); None if the text is not an amount."""
    if unit == "fen":
        amount = Decimal(text).scaleb(-2) if _FEN.fullmatch(text) else None
    else:
        amount = Decimal(text) if _YUAN.fullmatch(text) else None
    return amount.quantize(Decimal("0.01")) if amount is not None and amount < ABOVE_ANY_AMOUNT else None


@dataclass(frozen=True)
class FoundReference:
    """What a pattern found in a text: the value, or why there is none. `is_cut` says that a line's end may have cut it."""

    value: str | None
    fault: str = ""
    is_cut: bool = False


def find_account(pattern: re.Pattern[str], text: str, may_be_cut_at: int | None = None) -> FoundReference:
    """As `find_reference`, where the text has one such value alone: of two accounts nobody knows whose the booking is."""
    found = find_reference(pattern, text, may_be_cut_at)
    values = {
        match["value"].strip()
        for match in pattern.finditer(text)
        if match["value"] and longer_word(match, "value") is None
    }
    if found.value is None or values <= {found.value}:
        return found
    return FoundReference(None, f"there are several: {', '.join(sorted(values))}")


def find_reference(pattern: re.Pattern[str], text: str, may_be_cut_at: int | None = None) -> FoundReference:
    """The first value that a pattern's group `value` finds in a text and that ends at boundaries: A1 is found neither in
    A12 nor in XA1. One that ends where a line may have been cut is not found, for the rest may be in the next line."""
    partial = ""
    for match in pattern.finditer(text):
        value = match["value"].strip() if match["value"] else ""
        if not value:
            continue
        longer = longer_word(match, "value")
        if longer is not None:
            partial = partial or f"'{value}' is a part of '{longer}'"
        elif match.end("value") == may_be_cut_at and _is_of_word(text, may_be_cut_at + 1):
            return FoundReference(None, f"'{value}' ends where its line does and may be cut", is_cut=True)
        else:
            return FoundReference(value)
    return FoundReference(None, partial or f"by {pattern.pattern}")


def longer_word(match: re.Match[str], group: str) -> str | None:
    """The longer word of which a match's group is only a part; None where the group ends at boundaries on both sides. A
    letter beside it inside the match the pattern itself has asked for (`EREF+A1MREF+`), figures that go on never."""
    text, (start, end) = match.string, match.span(group)
    first, last = start, end
    if start < end and start == match.start() and _is_of_word(text, start):
        while _is_of_word(text, first - 1) or (_is_hyphen(text, first - 1) and _is_of_word(text, first - 2)):
            first -= 1
    goes_on_in_figures = (
        start < end < len(text) and text[end - 1 : end + 1].isascii() and text[end - 1 : end + 1].isdigit()
    )
    if start < end and (end == match.end() or goes_on_in_figures) and _is_of_word(text, end - 1):
        while _is_of_word(text, last) or (_is_hyphen(text, last) and _is_of_word(text, last + 1)):
            last += 1
    return text[first:last] if (first, last) != (start, end) else None


def _is_of_word(text: str, at: int) -> bool:
    """Letters and figures of ASCII: a Chinese character beside an account number does not go on with it."""
    return 0 <= at < len(text) and text[at].isascii() and text[at].isalnum()


def _is_hyphen(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at] in "-_"


def numbered_lines(stream: BinaryIO, filler: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines of a file with their numbers, without LF or CR LF; a byte order mark is removed from the first.

    Lines at the end that are nothing but `filler` are none: they fill up a block, or end a file as DOS did. Raises
    BoundExceeded for a line that is too long.
    """
    waiting: list[tuple[int, bytes]] = []
    bounds = watch().bounds
    for number, raw in enumerate(iter(partial(stream.readline, bounds.line + 2), b""), start=1):
        if len(raw) > bounds.line + 1:
            raise exceeded(f"line {number} is longer than {size_text(bounds.line)}", bounds, "line")
        line = raw.removesuffix(b"\n").removesuffix(b"\r")
        if number == 1:
            line = without_mark(line)
        if not line.strip(filler):
            waiting.append((number, line))
            continue
        yield from waiting
        waiting.clear()
        yield number, line


def fixed_text(raw: bytes, length: int) -> str:
    """A record of fixed length in bytes as text, a byte a character, so that a name in whatever encoding moves no field.

    A record that is longer by no more than what its bytes beyond ASCII may have added is one whose name was written into it
    by characters: as many of those bytes as are too many count for nothing, for what is needed of a record is ASCII.
    """
    raw = raw.rstrip(b"\r\x1a\x00")
    if len(raw) <= length:
        return raw.decode("latin-1")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if len(text.rstrip()) <= length:
        return text
    line = raw.rstrip(b" ").decode("latin-1")
    foreign = [at for at, mark in enumerate(line) if not mark.isascii()]
    excess = len(line) - length
    if not 0 < excess <= len(foreign):
        return line
    dropped = set(foreign[-excess:])
    return "".join(mark for at, mark in enumerate(line) if at not in dropped)


def month_before(day: date) -> str:
    """The billing period that is collected in a month where the file does not name one: the month before."""
    return f"{day.year - (day.month == 1):04d}-{(day.month - 2) % 12 + 1:02d}"


def outcome_of(codes: Mapping[tuple[str, str], str], bank_code: str, scheme: str | None, code: str) -> str | None:
    """success or failed by the book's debit_result_codes: the bank's own row, else that of the scheme it reports by."""
    return codes.get((bank_code, code)) or (codes.get((scheme, code)) if scheme else None)


def code_owner(codes: Mapping[tuple[str, str], str], bank_code: str, scheme: str | None, code: str) -> str:
    """The bank_code under which debit_result_codes has a code: the bank's own, else the scheme's."""
    return scheme if scheme and (bank_code, code) not in codes and (scheme, code) in codes else bank_code
