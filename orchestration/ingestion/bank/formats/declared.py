"""The formats of bank result files as declared in seeds/bank_formats/*.yml. The fields of a declaration are in
declaration.py; the layouts read files by it.

A bank that reports in a known layout needs a YAML file and no code.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.declarations import Place, read_declared
from orchestration.errors import UsageError
from orchestration.ingestion.bank.formats.declaration import BANK_DECLARATION, LAYOUTS
from orchestration.ingestion.file_reading.bounded_yaml import parse_yaml, read_text
from orchestration.ingestion.file_reading.declared_paths import declaration_path
from orchestration.settings import PROJECT_ROOT

FORMATS_FOLDER = PROJECT_ROOT / "seeds" / "bank_formats"


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
    declared = read_declared(
        path, content if isinstance(content, dict) else {}, BANK_DECLARATION, tags=LAYOUTS, show=_field_name
    )
    fingerprint = hashlib.sha256(text.encode()).hexdigest()[:16]
    return BankFormat(name, fingerprint=fingerprint, **declared.format_values())


def _field_name(place: Place) -> str:
    return f"field {': '.join(map(str, place or ('layout',)))}"
