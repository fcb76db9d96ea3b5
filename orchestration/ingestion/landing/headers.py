"""What is checked in a file before it is registered: where its lines end, and whether its first line is that of its kind and
format. The decoders read the lines after it."""

from __future__ import annotations

import re

from orchestration.ingestion.bank.formats.canonical import bank_header_fault
from orchestration.ingestion.bank.formats.declared import load_bank_format
from orchestration.ingestion.cdr.formats.model import CHARGED_COLUMN, CdrFormat
from orchestration.ingestion.cdr.formats.registry import load_cdr_format
from orchestration.ingestion.cdr.layouts.lines import split_quoted
from orchestration.ingestion.customers.tables import export_header, export_header_fault
from orchestration.ingestion.file_reading.byte_order_marks import without_mark


def header_fault(
    kind: str, format_name: str, export_table: str | None, first_bytes: bytes, encoding: str | None = None
) -> str | None:
    """Why the file cannot be read as its kind, or None. The message names the column. `first_bytes` hold the first line.

    An export that is neither UTF-8 nor of the `encoding` its source declares has no fault here: it is held as a whole.
    """
    first_line = first_bytes.split(b"\n", 1)[0]
    if kind == "cdr" and not load_cdr_format(format_name).header.lines:
        return None  # begins with a record, which the decoder checks
    if kind == "bank" and load_bank_format(format_name).layout != "canonical":
        return None if first_line.strip() else "no header: the file is empty or begins with an empty line"
    if kind == "customers":
        assert export_table is not None, "a customers name of the pattern has a table"
        text, fault = export_header(first_bytes, encoding)
        if fault is None and not text.strip():
            return "no header: the file is empty or begins with an empty line"
        return export_header_fault(export_table, text.rstrip("\r\n")) if fault is None else None
    try:
        written = load_cdr_format(format_name).encoding if kind == "cdr" else "utf-8"
        line = without_mark(first_line).rstrip(b"\r\n").decode(written)
    except UnicodeDecodeError:
        return f"wrong header: the first line is not {'UTF-8' if written == 'utf-8' else written}"
    if not line.strip():
        return "no header: the file is empty or begins with an empty line"
    if kind == "cdr":
        return _cdr_header_fault(line, format_name)
    return bank_header_fault(line)


def line_marks(kind: str, format_name: str) -> bytes:
    """The bytes of which each ends a line in files of a format; none where their records are not lines."""
    if kind == "cdr":
        return b"\n" if load_cdr_format(format_name).is_text else b""
    layout = load_bank_format(format_name).layout if kind == "bank" else "customers"
    if layout == "mt940":
        return b"\r\n"
    # A message in XML is often one line, and records of fixed length may have no line end at all.
    return b"" if layout in ("iso20022", "arudd", "nacha") else b"\n"


def _cdr_header_fault(line: str, format_name: str) -> str | None:
    declared = load_cdr_format(format_name)
    if declared.mapping is not None:
        return _foreign_header_fault(line, declared)
    if line == declared.header_line or (declared.has_optional_column and line == declared.full_header_line):
        return None
    found = line.split(declared.delimiter)
    if found[0].strip().isdigit():
        return f"no header: the first line is a record; it should be {declared.header_line}"
    for position, column in enumerate(declared.fields):
        if position >= len(found):
            return f"wrong header: column {position + 1} should be {column} but the header ends before it"
        if found[position] != column:
            return f"wrong header: column {position + 1} should be {column} but is '{found[position]}'"
    if declared.has_optional_column and len(found) == len(declared.fields) + 1:
        return f"wrong header: column {len(found)} should be {CHARGED_COLUMN} but is '{found[-1]}'"
    return f"wrong header: it has {len(found)} columns instead of {len(declared.fields)}"


def _foreign_header_fault(line: str, declared: CdrFormat) -> str | None:
    """Only the first line is checked here; the decoder reads the other header lines."""
    if declared.header.names == 1:
        names = split_quoted(line, declared)[0] or []
        optional = declared.header.optional_names
        missing = [
            name
            for name in declared.needed_fields
            if names.count(name) > 1 or (name not in names and name not in optional)
        ]
        if missing:
            return f"wrong header: the first line should name the fields of {declared.name} and has no one {missing[0]}"
    count = declared.header.records
    if count is not None and count.line == 1 and not re.search(count.pattern, line):
        return f"wrong header: the first line should be of the form {count.pattern} but is '{line[:80]}'"
    return None
