"""Patterns of file names: what a source's `pattern` may have, and the values that a name has by it. No source is asked here.

A pattern is text with placeholders: {switch_id}, {bank_code}, {batch}, {table}, {date:FORM}, {sequence:DIGITS} or
{sequence} of any width, and {any} for a part that is ignored. FORM is made of YYYY or YY (of this century), MM, DD and,
if a name has a time of day, hh, mm and ss, with any separators between them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from orchestration.ingestion.customers.tables import EXPORT_TABLES
from orchestration.ingestion.file_reading.packing import base_name
from orchestration.ingestion.file_reading.whole_numbers import MOST_DIGITS

#: What a name of each kind of source has to say, unless its entry says it instead.
NEEDED = {
    "cdr": ("switch_id", "date", "sequence"),
    "bank": ("bank_code", "date", "batch"),
    "customers": ("table", "date"),
}
IGNORED = "any"

_PLACEHOLDER = re.compile(r"\{(?P<name>[a-z_]+)(?::(?P<form>[^{}]+))?\}")
_DATE_TOKEN = re.compile(r"YYYY|YY|MM|DD|hh|mm|ss")
_DATE_FIELDS = {"YYYY": "year", "YY": "year", "MM": "month", "DD": "day", "hh": "hour", "mm": "minute", "ss": "second"}


@dataclass(frozen=True)
class NameParts:
    """What a file's name says, packing apart. The date is missing only where the source takes it from elsewhere."""

    file_date: date | None
    switch_id: str | None = None
    sequence_number: int | None = None
    bank_code: str | None = None
    batch_in_name: str | None = None
    export_table: str | None = None


def pattern_fault(pattern: str, kind: str, given: set[str]) -> str | None:
    """What is wrong with a pattern, None where nothing is. `given` are the names that the entry or its folder binds."""
    placeholders = [(match["name"], match["form"]) for match in _PLACEHOLDER.finditer(pattern)]
    names = [name for name, _ in placeholders]
    rest = _PLACEHOLDER.sub("", pattern)
    if "{" in rest or "}" in rest:
        return "a brace stands alone; a placeholder is written {name} or {name:form}"
    if "/" in rest:
        return "it holds a '/'; a pattern names files, the url names their folder"
    for name in NEEDED[kind]:
        if names.count(name) > 1 or (name not in names and name not in given):
            return f"a {kind} pattern has {{{name}}} once" + _instead(name)
    for name, form in placeholders:
        if name not in (*NEEDED[kind], IGNORED):
            return f"{{{name}}} is unknown; there are {', '.join((*NEEDED[kind], IGNORED))}"
        if name == "date":
            fault = _date_fault(form)
        elif name == "sequence":
            bad = form is not None and not (form.isascii() and form.isdigit() and 1 <= int(form) <= MOST_DIGITS)
            fault = f"write {{sequence}} or {{sequence:<digits>}} with 1 to {MOST_DIGITS} digits" if bad else None
        else:
            fault = None if form is None else f"{{{name}}} takes no form: write it without ':{form}'"
        if fault:
            return fault
    return None


def _instead(name: str) -> str:
    """What an entry may say where its names do not say it."""
    return {
        "switch_id": ", or the entry a field switch_id",
        "bank_code": ", or the entry a field bank_code",
        "date": ", or the entry `date_from: modified`",
        "sequence": ", or the entry `sequence: none` (missing files are then not noticed)",
    }.get(name, "")


def _date_fault(form: str | None) -> str | None:
    fields = [_DATE_FIELDS[token] for token in _DATE_TOKEN.findall(form or "")]
    between = _DATE_TOKEN.sub("", form or "")
    if (
        sorted(set(fields)) != sorted(fields)
        or not {"year", "month", "day"} <= set(fields)
        or re.search(r"[A-Za-z0-9]", between)
    ):
        return (
            "write {date:YYYYMMDD}, or another form with YYYY or YY, MM and DD once each, and hh, mm, ss where there "
            "is a time, like {date:YYYY-MM-DD} or {date:YYMMDDhhmm}"
        )
    return None


def has_time_of_day(pattern: str) -> bool:
    """Whether the date in a pattern has an hour."""
    return any(
        match["name"] == "date" and "hh" in _DATE_TOKEN.findall(match["form"] or "")
        for match in _PLACEHOLDER.finditer(pattern)
    )


class NamePattern:
    """A compiled pattern. `bound` are ids that are known without the name; a name that says another one is not of it.

    `zones` are the zone of the date and time in names and the zone whose day is the file's; None where they are one.
    """

    def __init__(self, pattern: str, bound: dict[str, str], zones: tuple[str, str] | None = None) -> None:
        self._bound, self._zones = bound, zones
        parts, end = [], 0
        for match in _PLACEHOLDER.finditer(pattern):
            parts += [re.escape(pattern[end : match.start()]), self._expression(match["name"], match["form"])]
            end = match.end()
        self._regex = re.compile("".join(parts) + re.escape(pattern[end:]))

    def parse(self, file_name: str) -> NameParts | None:
        """What the name says, or None where it is not of the pattern (or its date is no date)."""
        match = self._regex.fullmatch(base_name(file_name))
        if match is None:
            return None
        parts = self._bound | match.groupdict()
        if "table" in parts and parts["table"] not in EXPORT_TABLES:
            return None
        try:
            file_date = _date_of(parts, self._zones)
        except (ValueError, OverflowError):
            return None
        return NameParts(
            file_date=file_date,
            switch_id=parts.get("switch_id"),
            sequence_number=int(parts["sequence"]) if "sequence" in parts else None,
            bank_code=parts.get("bank_code"),
            batch_in_name=parts.get("batch"),
            export_table=parts.get("table"),
        )

    def _expression(self, name: str, form: str | None) -> str:
        if name == IGNORED:
            return r"[^/]*?"
        if name == "date":
            return _date_expression(form or "")
        if name == "sequence":
            return rf"(?P<sequence>[0-9]{{{form or f'1,{MOST_DIGITS}'}}})"
        body = re.escape(self._bound[name]) if name in self._bound else r"[A-Za-z0-9][A-Za-z0-9_.-]*?"
        return f"(?P<{name}>{body})"


def _date_expression(form: str) -> str:
    parts, end = [], 0
    for token in _DATE_TOKEN.finditer(form):
        group = f"(?P<date_{_DATE_FIELDS[token[0]]}>[0-9]{{{len(token[0])}}})"
        parts += [re.escape(form[end : token.start()]), group]
        end = token.end()
    return "".join(parts) + re.escape(form[end:])


def _date_of(parts: dict[str, str], zones: tuple[str, str] | None) -> date | None:
    """The date in a name. Raises ValueError if it is not a date (30 February, 25 o'clock)."""
    if "date_year" not in parts:
        return None
    year = parts["date_year"]
    hour, minute, second = (int(parts.get(f"date_{field}", 0)) for field in ("hour", "minute", "second"))
    century = 2000 if len(year) == 2 else 0
    at = datetime(century + int(year), int(parts["date_month"]), int(parts["date_day"]), hour, minute, second)
    if zones is not None:
        at = at.replace(tzinfo=ZoneInfo(zones[0])).astimezone(ZoneInfo(zones[1]))
    return at.date()
