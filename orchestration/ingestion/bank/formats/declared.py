"""The formats of bank result files as declared in seeds/bank_formats/*.yml. Reading by them is the layouts' matter.

A bank that reports in a known layout needs a YAML file and no code.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.errors import UsageError
from orchestration.ingestion.file_reading.bounded_yaml import parse_yaml, read_text
from orchestration.ingestion.file_reading.declared_paths import declaration_path
from orchestration.settings import PROJECT_ROOT

FORMATS_FOLDER = PROJECT_ROOT / "seeds" / "bank_formats"
LAYOUTS = ("canonical", "nacha", "iso20022", "mt940", "becs", "arudd", "delimited", "fixed_width", "report")

#: What a detail line can say; account_id or bank_account, amount and result_code (or a text of it) must be there.
DETAIL_FIELDS = ("line", "account_id", "bank_account", "amount", "collected_amount", "result_code", "reason_text")
SUMMARY_FIELDS = (
    "batch_id",
    "billing_period",
    "debited_on",
    "records",
    "total_amount",
    "success_records",
    "success_amount",
)
AMOUNT_UNITS = ("yuan", "fen")

#: For how many days a debit that no file refuses may be waited for before it counts as collected.
MOST_DAYS_TO_WAIT = 60

_COMMON = ("layout", "description", "result_scheme", "collected_unless_returned")
_LINES = (
    "encoding",
    "amount_unit",
    "date_format",
    "summary",
    "summary_fields",
    "details",
    "result_texts",
    "partial_codes",
    "skip_lines",
)
_FIELDS_OF = {
    "canonical": _COMMON,
    "nacha": _COMMON,
    "becs": _COMMON,
    "arudd": (*_COMMON, "currency"),
    "iso20022": (*_COMMON, "batch_id", "currency", "lists_all"),
    "mt940": (*_COMMON, "encoding", "currency", "collected_types", "returned_types", "account_id", "result_code"),
    "delimited": (*_COMMON, *_LINES, "delimiter"),
    "fixed_width": (*_COMMON, *_LINES),
    "report": (*_COMMON, *_LINES, "detail_pattern", "summary_pattern"),
}


@dataclass(frozen=True)
class BankFormat:
    """A declared format. Which fields mean something depends on the layout; docs/formats.md says which.

    `details` and `summary_fields` map a field to its place: a column number from 1 (delimited) or (first byte from 1,
    bytes) (fixed width). `result_texts` are (text to look for, result code), the first that is found counts; one that
    begins with `=` must be the whole text. A line with one of the `partial_codes` must say how much was collected.
    `collected_unless_returned` is of a bank whose files list failures only: a requested debit that none of them refuses
    within so many days of its debit day is collected on that day (SPEC 3.2). None: only what a file says counts.
    """

    name: str
    layout: str
    fingerprint: str = field(default="", repr=False)
    result_scheme: str | None = None
    collected_unless_returned: int | None = None
    batch_id: str = "file"
    encoding: str = "gb18030"
    amount_unit: str = "yuan"
    date_format: str = "%Y%m%d"
    delimiter: str = "|"
    skip_lines: int = 0
    summary: str = "none"
    details: dict[str, Any] = field(default_factory=dict)
    summary_fields: dict[str, Any] = field(default_factory=dict)
    result_texts: tuple[tuple[str, str], ...] = ()
    partial_codes: tuple[str, ...] = ()
    detail_pattern: re.Pattern[str] | None = None
    summary_pattern: re.Pattern[str] | None = None
    currency: str = "CNY"
    lists_all: bool = False
    collected_types: tuple[str, ...] = ()
    returned_types: tuple[str, ...] = ()
    account_id: re.Pattern[str] | None = None
    result_code: re.Pattern[str] | None = None
    details_encoding: str | None = None


@cache
def load_bank_format(name: str, folder: Path = FORMATS_FOLDER) -> BankFormat:
    """The format of a name, or of a path with or without .yml. Raises UsageError naming file and field."""
    path = declaration_path(name, folder)
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.yml")))
        raise UsageError(f"bank format '{name}' is not declared: there is no {path}; there are {known}")
    text = read_text(path)
    content = parse_yaml(path, text)
    return replace(_Declaration(path, content).format(name), fingerprint=hashlib.sha256(text.encode()).hexdigest()[:16])


class _Declaration:
    """A YAML file's content on its way to a BankFormat."""

    def __init__(self, path: Path, content: object) -> None:
        self.path = path
        if not isinstance(content, dict) or content.get("layout") not in LAYOUTS:
            self.fail("layout", f"write one of {', '.join(LAYOUTS)}")
        assert isinstance(content, dict)
        self.content: dict[str, Any] = content
        self.layout: str = content["layout"]
        unknown = sorted(map(str, set(content) - set(_FIELDS_OF[self.layout])))
        if unknown:
            self.fail(
                unknown[0], f"layout {self.layout} has no such field; there are {', '.join(_FIELDS_OF[self.layout])}"
            )

    def fail(self, name: str, what: str) -> None:
        raise UsageError(f"{self.path}: field {name}: {what}")

    def format(self, name: str) -> BankFormat:
        values: dict[str, Any] = {
            "result_scheme": self.text("result_scheme", None),
            "collected_unless_returned": self.days("collected_unless_returned"),
        }
        if self.layout in ("delimited", "fixed_width", "report"):
            values |= self.line_fields()
        if self.layout in ("iso20022", "mt940", "arudd"):
            values["currency"] = self.text("currency", "GBP" if self.layout == "arudd" else "CNY")
        if self.layout == "iso20022":
            values["lists_all"] = self.flag("lists_all")
            values["batch_id"] = self.text("batch_id", "file")
            if values["batch_id"] not in ("file", "name"):
                self.fail("batch_id", "write file (the request's message id) or name (of the file's name)")
        if self.layout == "mt940":
            values["details_encoding"] = self.encoding(None)
            values |= {key: self.texts(key) for key in ("collected_types", "returned_types")}
            values |= {key: self.pattern(key, ("value",)) for key in ("account_id", "result_code")}
        return BankFormat(name, self.layout, **values)

    def line_fields(self) -> dict[str, Any]:
        encoding = self.encoding("gb18030")
        unit = self.text("amount_unit", "yuan")
        if unit not in AMOUNT_UNITS:
            self.fail("amount_unit", f"write one of {', '.join(AMOUNT_UNITS)}")
        summary = self.text("summary", "none")
        if summary not in ("first", "last", "none"):
            self.fail("summary", "write first, last or none: where the line with the totals stands")
        skip = self.content.get("skip_lines", 0)
        if not isinstance(skip, int) or isinstance(skip, bool) or skip < 0:
            self.fail("skip_lines", "write how many lines stand before the first that counts")
        texts = self.content.get("result_texts", {})
        if not isinstance(texts, dict) or not all(isinstance(key, str) and key for key in texts):
            self.fail("result_texts", "write the texts to look for, each with its result code")
        values: dict[str, Any] = {
            "encoding": encoding,
            "amount_unit": unit,
            "summary": summary,
            "skip_lines": skip,
            "partial_codes": self.texts("partial_codes") if "partial_codes" in self.content else (),
            "date_format": self.text("date_format", "%Y%m%d"),
            "result_texts": tuple((key, str(code)) for key, code in texts.items()),
        }
        if self.layout == "report":
            values["detail_pattern"] = self.pattern("detail_pattern", ("amount",))
            if summary != "none":
                values["summary_pattern"] = self.pattern("summary_pattern", ())
            found = set(values["detail_pattern"].groupindex)
            self.check_fields("detail_pattern", found)
            return values
        if self.layout == "delimited":
            delimiter = self.text("delimiter", "|")
            if delimiter is None or len(delimiter) != 1:
                self.fail("delimiter", "write one character")
            values["delimiter"] = delimiter
        values["details"] = self.places("details", DETAIL_FIELDS)
        self.check_fields("details", set(values["details"]))
        if summary != "none":
            values["summary_fields"] = self.places("summary_fields", SUMMARY_FIELDS)
        return values

    def encoding(self, default: str | None) -> str | None:
        encoding = self.text("encoding", default)
        try:
            codecs.lookup(encoding or "utf-8")
        except LookupError:
            self.fail("encoding", f"'{encoding}' is unknown; write utf-8 or gb18030")
        return encoding

    def check_fields(self, name: str, found: set[str]) -> None:
        """A detail says whose it is, how much, and how it ended."""
        if "account_id" not in found:
            self.fail(name, "account_id is missing: without it nobody knows whose debit it was")
        if "amount" not in found:
            self.fail(name, "amount is missing")
        if not found & {"result_code", "reason_text"}:
            self.fail(name, "result_code or reason_text is missing")
        if "result_code" not in found and not self.content.get("result_texts"):
            self.fail("result_texts", "without a result_code it says which text means which code")

    def places(self, name: str, known: tuple[str, ...]) -> dict[str, Any]:
        declared = self.content.get(name)
        if not isinstance(declared, dict) or not declared:
            self.fail(name, f"write the place of each field, of {', '.join(known)}")
        assert isinstance(declared, dict)
        for key, place in declared.items():
            if key not in known:
                self.fail(name, f"'{key}' is unknown; there are {', '.join(known)}")
            if self.layout == "delimited":
                if not _is_position(place):
                    self.fail(name, f"{key}: write the number of its column, the first is 1")
            elif not (isinstance(place, list) and len(place) == 2 and all(map(_is_position, place))):
                self.fail(name, f"{key}: write [first byte, bytes], the first byte is 1")
        return {str(key): tuple(place) if isinstance(place, list) else place for key, place in declared.items()}

    def pattern(self, name: str, groups: tuple[str, ...]) -> re.Pattern[str]:
        text = self.text(name, None)
        if text is None:
            self.fail(name, "write a regular expression")
        try:
            pattern = re.compile(str(text))
        except re.error as error:
            raise UsageError(f"{self.path}: field {name}: no regular expression: {error}") from error
        for group in groups:
            if group not in pattern.groupindex:
                self.fail(name, f"it has no group (?P<{group}>…)")
        return pattern

    def text(self, name: str, default: str | None) -> str | None:
        value = self.content.get(name, default)
        if value is not None and not isinstance(value, str):
            self.fail(name, "write a text in quotes")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.content.get(name)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            self.fail(name, "write a list of texts")
        assert isinstance(value, list)
        return tuple(value)

    def days(self, name: str) -> int | None:
        value = self.content.get(name)
        if value is None and name not in self.content:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_DAYS_TO_WAIT:
            self.fail(
                name, f"{value!r} is not a valid number of days; write a whole number from 1 to {MOST_DAYS_TO_WAIT}"
            )
        assert isinstance(value, int)
        return value

    def flag(self, name: str) -> bool:
        value = self.content.get(name, False)
        if not isinstance(value, bool):
            self.fail(name, "write true or false")
        return bool(value)


def _is_position(place: object) -> bool:
    return isinstance(place, int) and not isinstance(place, bool) and place >= 1
