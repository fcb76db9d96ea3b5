"""Whether a file's first line is the one its kind and format begin with. The lines after it are the decoders' matter."""

from __future__ import annotations

from orchestration.ingestion.bank_results import bank_header_fault
from orchestration.ingestion.cdr_formats import load_cdr_format
from orchestration.ingestion.customer_tables import export_header_fault

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def header_fault(kind: str, format_name: str, export_table: str | None, first_line: bytes) -> str | None:
    """Why the file cannot be read as its kind, or None. The message names the column."""
    try:
        line = first_line.removeprefix(BYTE_ORDER_MARK).rstrip(b"\r\n").decode("utf-8")
    except UnicodeDecodeError:
        return "wrong header: the first line is not UTF-8"
    if not line.strip():
        return "no header: the file is empty or begins with an empty line"
    if kind == "cdr":
        return _cdr_header_fault(line, format_name)
    if kind == "bank":
        return bank_header_fault(line)
    assert export_table is not None, "a customers name of the pattern has a table"
    return export_header_fault(export_table, line)


def _cdr_header_fault(line: str, format_name: str) -> str | None:
    declared = load_cdr_format(format_name)
    if line == declared.header:
        return None
    found = line.split(declared.delimiter)
    if found[0].strip().isdigit():
        return f"no header: the first line is a record; it should be {declared.header}"
    for position, column in enumerate(declared.columns):
        if position >= len(found):
            return f"wrong header: column {position + 1} should be {column} but the header ends before it"
        if found[position] != column:
            return f"wrong header: column {position + 1} should be {column} but is '{found[position]}'"
    return f"wrong header: it has {len(found)} columns instead of {len(declared.columns)}"
