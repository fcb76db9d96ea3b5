"""One CDR line to one typed record, or the reason why it is malformed. Lines of the canonical format; Asterisk's are in `asterisk`."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .dialling import NOT_DIALLED, Dialled
from .files import InboxFile

COLUMNS = (
    "record_number",
    "calling_number",
    "called_number",
    "trunk_group_in",
    "trunk_group_out",
    "started_at",
    "duration_seconds",
    "release_cause",
)

STATES = (
    "malformed",
    "ignored",
    "held",
    "duplicate",
    "other_day",
    "partial",
    "not_answered",
    "not_charged",
    "undocumented",
    "unrated",
    "rated",
)

LARGEST_INTEGER = 2**63 - 1
LONGEST_CALL_SECONDS = 7 * 24 * 60 * 60


class Malformed(Exception):
    """The line is no record; the message says why."""


@dataclass(slots=True, eq=False)
class Record:
    """One record of a CDR file and what the sections find out about it."""

    file: InboxFile
    line_number: int
    record_number: int | None = None
    calling_number: str = ""
    called_number: str = ""
    trunk_group_in: str = ""
    trunk_group_out: str = ""
    started_at: datetime = datetime.min
    duration_seconds: int = 0
    release_cause: int = 0
    payer: str = ""
    state: str = ""
    reason: str = ""
    original: Record | None = None
    dialled: Dialled = NOT_DIALLED
    prefix: str | None = None
    zone: dict[str, Any] | None = None
    charged_number: str = ""
    interval: dict[str, Any] | None = None
    customer: dict[str, Any] | None = None
    tariff_plan_id: str | None = None
    charged_seconds: int = 0
    total: Fraction = Fraction(0)
    amount: Decimal = Decimal(0)
    list_amount: Decimal | None = None
    package_id: str | None = None
    package_number: str | None = None
    covered_seconds: int | None = None
    covered_amount: Decimal | None = None
    is_capped: bool = False
    billing_period: str = ""

    @property
    def call_date(self) -> date:
        """The date the call began."""
        return self.started_at.date()

    @property
    def ended_at(self) -> datetime:
        """The first instant after the call."""
        return self.started_at + timedelta(seconds=self.duration_seconds)

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes two records the same call."""
        return (
            self.file.source_key,
            self.calling_number,
            self.called_number,
            self.started_at,
            self.duration_seconds,
            self.trunk_group_in,
            self.trunk_group_out,
        )

    def fields(self) -> dict[str, Any]:
        """The record as the marts show it, with the file and the record number that identify it."""
        return {
            "file_name": self.file.name,
            "record_number": self.record_number,
            "switch_id": self.file.source_key,
            "calling_number": self.calling_number,
            "called_number": self.called_number,
            "trunk_group_in": self.trunk_group_in or None,
            "trunk_group_out": self.trunk_group_out or None,
            "started_at": self.started_at,
            "call_date": self.call_date,
            "duration_seconds": self.duration_seconds,
            "release_cause": self.release_cause,
        }


def normalised(text: str) -> str:
    """A number as marts and keys hold it: `+` in front is `00`, the printed separators go, the rest is digits."""
    if text.startswith("+"):
        text = "00" + text[1:]
    for separator in " -().#*":
        text = text.replace(separator, "")
    if re.fullmatch("[0-9]*", text) is None:
        raise Malformed("a number holds something else than digits")
    return text


def dialled(text: str) -> str:
    """A called number: a service code, which begins with `*` or `#`, keeps both signs; any other is a number."""
    bare = re.sub(r"[ ().-]", "", text)
    if bare[:1] not in ("*", "#"):
        return normalised(text)
    if re.fullmatch("[0-9*#]+", bare) is None:
        raise Malformed("a service code holds something else than digits, * and #")
    return bare


def integer(text: str, column: str) -> int:
    """A whole number of at most 64 bits."""
    if re.fullmatch("[+-]?[0-9]+", text) is None or abs(int(text)) > LARGEST_INTEGER:
        raise Malformed(f"{column} is no integer")
    return int(text)


def timestamp(text: str) -> datetime:
    """`YYYY-MM-DD HH:MM:SS`, nothing looser."""
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", text) is None:
        raise Malformed("started_at is not a valid time")
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
    except ValueError as problem:
        raise Malformed("started_at is not a valid time") from problem


_CR = "\ue000"  # stands for a CR within a line


def split_line(line: str) -> list[str]:
    """The fields of one CSV line without the blanks around them."""
    if any("\ud800" <= character <= "\udfff" for character in line):
        raise Malformed("the line is not UTF-8")
    if "\r" in re.sub(r'"(?:[^"]|"")*"', "", line):
        raise Malformed("a CR stands where no line ends")
    try:
        # A CR alone ends no line; csv would refuse it in a field without quotes.
        (fields,) = csv.reader([line.replace("\r", _CR)], strict=True)
    except csv.Error as problem:
        raise Malformed("the line is no CSV") from problem
    return [text.replace(_CR, "\r").strip(" ") for text in fields]


def parse(record: Record, line: str, header: list[str], seen: set[int], known_switch: bool) -> None:
    """Fill the record from its line, or raise Malformed; `seen` holds the record numbers of the lines before."""
    fields = split_line(line)
    if len(fields) != len(header):
        raise Malformed("the line has not as many fields as the header")
    value = dict(zip(header, fields, strict=True))
    number = integer(value["record_number"], "record_number")
    if number < 1:
        raise Malformed("record_number is below 1")
    record.record_number = number
    if number in seen:
        raise Malformed("record_number repeats")
    seen.add(number)
    record.calling_number = normalised(value["calling_number"])
    record.trunk_group_in = value["trunk_group_in"]
    record.called_number = dialled(value["called_number"])
    record.trunk_group_out = value["trunk_group_out"]
    record.started_at = timestamp(value["started_at"])
    record.duration_seconds = integer(value["duration_seconds"], "duration_seconds")
    record.release_cause = integer(value["release_cause"], "release_cause")
    record.payer = normalised(value.get("charged_number", ""))
    check(record, known_switch)


def check(record: Record, known_switch: bool) -> None:
    """Raise Malformed where a record, whatever its format, breaks a range."""
    if not record.calling_number and not record.trunk_group_in:
        raise Malformed("calling_number is empty and nobody on a trunk withheld it")
    if not 0 <= record.duration_seconds <= LONGEST_CALL_SECONDS:
        raise Malformed("duration_seconds is out of range")
    assert record.file.file_date is not None
    if record.call_date > record.file.file_date + timedelta(days=1):
        raise Malformed("the call lies after the file's date + 1 day")
    if not known_switch:
        raise Malformed("unknown switch")


def read_records(file: InboxFile, known_switch: bool) -> bool:
    """Fill `file.records`, the malformed ones among them; False where there is no header with the columns."""
    lines = file.content.decode("utf-8-sig", errors="surrogateescape").split("\n")
    # 0x1A is where a file ends under DOS; it is no part of a record.
    lines = [line.rstrip("\r") for line in lines if line.strip("\r") != "\x1a"]
    lines[-1] = lines[-1].rstrip("\x1a")
    try:
        header = split_line(lines[0]) if lines[0] else []
    except Malformed:
        return False
    if not set(COLUMNS) <= set(header):
        return False
    seen: set[int] = set()
    for line_number, line in enumerate(lines[1:], start=2):
        if not line:
            continue
        record = Record(file=file, line_number=line_number)
        try:
            parse(record, line, header, seen, known_switch)
        except Malformed as problem:
            record.state, record.reason = "malformed", str(problem)
        file.records.append(record)
    return True
