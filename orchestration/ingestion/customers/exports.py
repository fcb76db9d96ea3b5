"""Decoding a customer-system export (SPEC 3.3) to raw/customers/<table>; rows that do not parse are set aside as text.

The warehouse decides which snapshot counts, and what a row without its customer means.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa

from orchestration.ingestion.cdr.rules import literal
from orchestration.ingestion.customers.tables import (
    EXPORT_TABLES,
    NUMBER_COLUMNS,
    ExportTable,
    Reading,
    column_name,
    decoded,
    reading_of,
)
from orchestration.ingestion.file_reading.bounds import ABOVE_ANY_AMOUNT, LIMITS, exceeded, refuse_sum, watch
from orchestration.ingestion.file_reading.malformed_rows import SetAsideLine, write_set_aside
from orchestration.ingestion.file_reading.packing import OpenContent, open_unpacked
from orchestration.ingestion.landed.landed_packing import landed_path
from orchestration.ledger.schema import NOT_EVEN_ITS_HEADER, DecodedFile, FileEntry
from orchestration.settings import Settings
from orchestration.telephone_numbers import number_sql

# Changes whenever a rule or a column changes, so that files decoded by other rules are decoded again.
_RULES_VERSION = "customers-8"

# A spreadsheet writes the year first and leaves out zeros, or another order of day and month, which is not guessed at.
_DAY = "[0-9]{4}(-[0-9]{1,2}-|/[0-9]{1,2}/)[0-9]{1,2}"
_MIDNIGHT = "0?0:00(:00)?"
_CLOCK = "([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"
_DAY_OR_MONTH_FIRST = "[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}( .*)?"
# The comma is read only with decimals after it: 1,020 may be 1020 or 1.02.
_AMOUNT = r"-?([0-9]+(\.[0-9]{1,2}0*)?|[0-9]{1,3}(,[0-9]{3})+\.[0-9]{1,2}0*)"
# The owner of a row: a damaged id here gives the row to somebody else.
_WHOSE = ("customer_id", "account_id", "from_account_id", "into_account_id")
# 2200002.0: the point comes from a spreadsheet; it does not separate the groups of a number.
_DECIMAL = "[0-9]+[.]0+"
# 6.222E+15: in this way a spreadsheet writes a long number, and keeps only its first digits.
_SCIENTIFIC = "[-+]?([0-9]+[.,][0-9]+[eE][-+]?[0-9]+|[0-9]+[eE][-+][0-9]+)"
# ="00123": how a text is protected that a spreadsheet would take for a number.
_PROTECTED = re.compile('="([^"]*)"')
# "No end", as written by systems that have no empty date.
_NO_END, _ENDS = re.compile("9999[-/]12[-/]31( .*)?"), ("valid_to", "closed_on", "closed_at")
_BLANKS = " \t\N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}"
#: How the reason of a row begins whose key an earlier row of the export has.
DUPLICATE_KEY = "repeats the key of line "
# How long a field may be is bounded by its line; csv's own limit is 128 KiB.
csv.field_size_limit(LIMITS["line"][1])
_ROWS_AT_ONCE, _CHARACTERS_AT_ONCE = 50_000, 16 << 20
_NOT_UTF8 = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class _Row:
    line_number: int
    text: str
    fields: list[str] | None  # None: the row cannot be split
    fault: str


def customers_signature(entry: FileEntry) -> str:
    """What a decode depends on besides the bytes: the rules, and the encoding that the file's source declares."""
    return f"{_RULES_VERSION}/{entry.content_encoding or ''}"


def export_path(raw: Path, table: str, file_id: str) -> Path:
    """Where the readable rows of an export are."""
    return raw / "customers" / table / f"{file_id}.parquet"


def keys_path(raw: Path, file_id: str) -> Path:
    """The path of the keys of rows that cannot be read completely: such a row is not absent. No file where there are none."""
    return raw / "customers" / "unreadable_keys" / f"{file_id}.parquet"


def decode_customer_export(settings: Settings, con: duckdb.DuckDBPyConnection, entry: FileEntry) -> DecodedFile:
    """Decode a registered export; its Parquet files replace earlier ones completely. `con` must have no open transaction."""
    assert entry.export_table is not None, "a name of the pattern has a table"
    table = EXPORT_TABLES[entry.export_table]
    content = partial(open_unpacked, landed_path(settings.home, entry))
    reading = reading_of(content, entry.content_encoding)
    header = _header(content, reading)
    encoding_fault = reading.fault
    if encoding_fault is not None and not set(table.key) <= set(header):
        encoding_fault += NOT_EVEN_ITS_HEADER
    set_aside: list[SetAsideLine] = []
    target = export_path(settings.raw, entry.export_table, entry.file_id)
    try:
        _keep_rows(con, table, header, _rows(content, reading, len(header)), set_aside)
        loaded = _write(con, entry.file_id, table, target, set_aside)
    finally:
        con.execute("drop table if exists export_lines")
    _write_keys(con, table, header, set_aside, keys_path(settings.raw, entry.file_id))
    write_set_aside(settings, entry.file_id, set_aside)
    return DecodedFile(
        entry.file_id,
        customers_signature(entry),
        data_rows=loaded + len(set_aside),
        set_aside_rows=len(set_aside),
        content_fault=encoding_fault,
    )


def _keep_rows(
    con: duckdb.DuckDBPyConnection,
    table: ExportTable,
    header: list[str],
    rows: Iterable[_Row],
    set_aside: list[SetAsideLine],
) -> None:
    """Write the rows to the table `export_lines`, all fields as text; rows that cannot be split go to `set_aside`."""
    positions = {column: header.index(column) if column in header else None for column in table.columns}
    ends = [at for at, column in enumerate(table.columns) if column in _ENDS]
    names = ["line_number", "record_text", *table.columns]
    texts = ", ".join(f"{name} varchar" for name in names[1:])
    con.execute(f"create or replace temp table export_lines (line_number bigint, {texts})")
    waiting: list[list[Any]] = []
    waiting_characters = 0

    def insert_waiting() -> None:
        columns = zip(*waiting, strict=True)
        types = [pa.int64(), *[pa.string()] * (len(names) - 1)]
        batch = pa.table([pa.array(column, kind) for column, kind in zip(columns, types, strict=True)], names=names)
        con.register("export_batch", batch)
        con.execute("insert into export_lines select * from export_batch")
        con.unregister("export_batch")
        waiting.clear()

    for row in rows:
        if row.fields is None:
            set_aside.append(SetAsideLine(row.line_number, row.text, "line", row.fault))
            if not len(set_aside) % _ROWS_AT_ONCE:
                watch().check_memory()
            continue
        fields = ["" if at is None else _said(row.fields[at]) for at in positions.values()]
        for at in ends:
            if _NO_END.fullmatch(fields[at]):
                fields[at] = ""
        waiting.append([row.line_number, row.text, *fields])
        waiting_characters += len(row.text)
        if len(waiting) >= _ROWS_AT_ONCE or waiting_characters >= _CHARACTERS_AT_ONCE:
            insert_waiting()
            waiting_characters = 0
    if waiting:
        insert_waiting()


def _said(field: str) -> str:
    """The text of a field, without blanks around it, and without what protects it from a spreadsheet."""
    text = field.strip(_BLANKS)
    protected = _PROTECTED.fullmatch(text)
    return text if protected is None else protected[1].strip(_BLANKS)


def _write(
    con: duckdb.DuckDBPyConnection,
    file_id: str,
    table: ExportTable,
    target: Path,
    set_aside: list[SetAsideLine],
) -> int:
    """Write the rows that parse and add the others to `set_aside`; returns how many were written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".parquet.tmp")
    typed = ", ".join(f"{_typed(name, kind, table)} as {name}" for name, kind in table.columns.items())
    keys = ", ".join(_typed(name, table.columns[name], table) for name in table.key)
    sums = [f"sum(abs({name}))" for name, kind in table.columns.items() if kind.startswith("DECIMAL")]
    try:
        # The first sound row with a key counts; those that repeat it are set aside.
        con.execute(f"""
            create or replace temp table export_checked as
            with checked as (select *, {_fault(table)} as fault from export_lines),
            ranked as (
                select *, first_value(line_number) over (
                    partition by (case when fault is null then row({keys}) end) order by line_number
                ) as first_line
                from checked
            )
            select * replace (
                case when fault is null and first_line < line_number
                    then {literal(f"{table.key[0]}|{DUPLICATE_KEY}")} || first_line else fault end as fault
            ) from ranked""")
        con.execute(
            f"copy (select {literal(file_id)} as file_id, line_number, {typed} from export_checked "
            f"where fault is null order by line_number) to {literal(str(part))} (format parquet, compression lz4)"
        )
        written = con.execute(
            f"select {', '.join(['count(*)', *sums])} from read_parquet({literal(str(part))})"
        ).fetchone()
        assert written is not None, "an aggregate without groups has one row"
        for amount in written[1:]:
            refuse_sum(amount or Decimal(0))
        faults = con.execute(
            "select line_number, record_text, split_part(fault, '|', 1), substr(fault, 1 + instr(fault, '|')) "
            "from export_checked where fault is not null"
        )
        while some := faults.fetchmany(_ROWS_AT_ONCE):
            set_aside.extend(SetAsideLine(*row) for row in some)
            watch().check_memory()
        part.replace(target)
        return int(written[0])
    finally:
        con.execute("drop table if exists export_checked")
        part.unlink(missing_ok=True)


def _write_keys(
    con: duckdb.DuckDBPyConnection, table: ExportTable, header: list[str], set_aside: list[SetAsideLine], target: Path
) -> None:
    """Write the readable keys of the rows that were set aside; without such keys there is no file."""
    positions = [header.index(name) for name in table.key if name in header]
    found = []
    for line in set_aside if len(positions) == len(table.key) else ():
        try:
            fields = next(csv.reader(io.StringIO(line.record_text, newline="")), [])
        except csv.Error:
            continue  # as the row itself could not be split
        if len(fields) > max(positions):
            found.append([_said(fields[at]) for at in positions])
    if not found:
        target.unlink(missing_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".parquet.tmp")
    con.register("broken_lines", pa.table(dict(zip(table.key, map(list, zip(*found, strict=True)), strict=True))))
    typed = ", ".join(f"{_typed(name, table.columns[name], table)} as {name}" for name in table.key)
    readable = " and ".join(f"{name} is not null" for name in table.key)
    try:
        con.execute(
            f"copy (select * from (select {typed} from broken_lines) as keys where {readable}) "
            f"to {literal(str(part))} (format parquet, compression lz4)"
        )
        part.replace(target)
    finally:
        con.unregister("broken_lines")
        part.unlink(missing_ok=True)


def _typed(name: str, kind: str, table: ExportTable) -> str:
    if name in NUMBER_COLUMNS:
        text = number_sql(name)
        # A text that is not a number stays as it was written: it belongs to no call, and the entry standard names it.
        number = f"case when regexp_full_match({text}, '[0-9]+') then {text} else {name} end"
        return number if name in table.empty_is_text else f"nullif({number}, '')"
    if name in table.empty_is_text:
        return name
    text = name
    if kind in ("DATE", "TIMESTAMP"):
        text = f"replace({name}, '/', '-')" if kind == "TIMESTAMP" else f"replace(split_part({name}, ' ', 1), '/', '-')"
    elif kind.startswith("DECIMAL"):
        text = f"replace({name}, ',', '')"
    elif kind == "BOOLEAN":
        text = f"lower({name})"
    return f"try_cast(nullif({text}, '') as {kind})"


def _fault(table: ExportTable) -> str:
    """`<field>|<reason>` of the first thing wrong with a row, in column order; null where it is sound."""
    cases = []
    for name, kind in table.columns.items():
        if name in table.key or name in table.required:
            cases.append(f"when {name} = '' then {literal(name + '|is empty')}")
        lost = literal(f"{name}|is a number in scientific notation, whose last digits are lost")
        shape, reason = {
            "DATE": (f"{_DAY}( {_MIDNIGHT})?", "is not a valid date YYYY-MM-DD"),
            "TIMESTAMP": (f"{_DAY}( {_CLOCK})?", "is not a valid time YYYY-MM-DD HH:MM:SS"),
            "BOOLEAN": ("(?i)true|false", "is neither true nor false"),
            "DECIMAL(18,2)": (_AMOUNT, "is not a valid amount with at most two decimals"),
            "INTEGER": ("-?[0-9]+", "is not a valid whole number"),
            "VARCHAR": ("", ""),
        }[kind]
        typed = _typed(name, kind, table)
        unreadable = f"not regexp_full_match({name}, {literal(shape)})"
        if kind.startswith("DECIMAL"):
            too_large = (
                f"regexp_full_match({name}, {literal(shape)}) and coalesce(abs({typed}) >= {ABOVE_ANY_AMOUNT}, true)"
            )
            cases.append(f"when {name} <> '' and {too_large} then {literal(f'{name}|is not below {ABOVE_ANY_AMOUNT}')}")
        if shape:
            other_order = literal(f"{name}|is ambiguous: day and month can be taken for each other, write YYYY-MM-DD")
            in_words = f"when regexp_full_match({name}, {literal(_SCIENTIFIC)}) then {lost}"
            if kind in ("DATE", "TIMESTAMP"):
                in_words = f"when regexp_full_match({name}, {literal(_DAY_OR_MONTH_FIRST)}) then {other_order}"
            cases.append(
                f"when {name} <> '' and ({unreadable} or {typed} is null) "
                f"then case {in_words} else {literal(name + '|' + reason)} end"
            )
        elif name in table.key or name.endswith("_id") or name == "service_number":
            cases.append(
                f"when contains(lower({name}), 'e') and regexp_full_match({name}, {literal(_SCIENTIFIC)}) then {lost}"
            )
            if name in NUMBER_COLUMNS or name in table.key or name in _WHOSE:
                decimal = literal(f"{name}|is a decimal number, as a spreadsheet writes it; write its digits alone")
                cases.append(f"when regexp_full_match({name}, {literal(_DECIMAL)}) then {decimal}")
        if name in table.positive:
            cases.append(f"when {name} <> '' and {typed} <= 0 then {literal(name + '|is not above 0')}")
        if name in table.not_zero:
            cases.append(f"when {name} <> '' and {typed} = 0 then {literal(name + '|is 0')}")
    return f"case {' '.join(cases)} end"


def _lines(stream: BinaryIO, reading: Reading) -> Iterator[tuple[int, str]]:
    """The lines of an export with their numbers, without what ends them."""
    text = io.TextIOWrapper(stream, encoding=reading.encoding, errors=reading.errors, newline="\n")
    for number, line in enumerate(text, start=1):
        line = line.removesuffix("\n").rstrip("\r")  # CR CR LF is what a line end becomes that is converted twice
        yield number, line.removeprefix("\ufeff") if number == 1 else line
    text.detach()


def _header(content: OpenContent, reading: Reading) -> list[str]:
    with content() as stream:
        _, line = next(_lines(stream, reading), (1, ""))
    try:
        header = [column_name(name) for name in next(csv.reader([line]), [])]
    except csv.Error:
        header = line.split(",")  # of a file in no known encoding, which is held as a whole
    bounds = watch().bounds
    if len(header) > bounds.fields:
        raise exceeded(f"its header has {len(header)} columns", bounds, "fields")
    return header


def _rows(content: OpenContent, reading: Reading, width: int) -> Iterator[_Row]:
    """The rows below the header. A stray quote swallows lines: then each line is read for itself, and only it is damaged.

    Empty lines at the end are not rows, nor are those of empty fields, as spreadsheets write them below their rows.
    """
    has_stray_quote = _has_stray_quote(content, reading, width)
    waiting: list[tuple[_Row, int]] = []  # rows that would be none if the file ended here, equal ones counted
    with content() as stream:
        lines = _lines(stream, reading)
        rows = _single_rows(lines, width) if has_stray_quote else _whole_rows(lines, width)
        for row in rows:
            if not row.text.strip(_BLANKS + ',"'):
                last, times = waiting[-1] if waiting else (None, 0)
                if last is not None and (last.text, last.line_number + times) == (row.text, row.line_number):
                    waiting[-1] = last, times + 1
                else:
                    waiting.append((row, 1))
                continue
            for first, times in waiting:
                yield from (replace(first, line_number=first.line_number + at) for at in range(times))
            waiting.clear()
            yield row


def _has_stray_quote(content: OpenContent, reading: Reading, width: int) -> bool:
    """Whether a quote that is opened on one line takes in others that are rows of their own."""
    if not any('"' in text for text in decoded(content, reading.encoding, reading.errors)):
        return False
    try:
        with content() as stream:
            for _ in _whole_rows(_lines(stream, reading), width):
                pass
    except _StrayQuote:
        return True
    return False


class _StrayQuote(Exception):
    """A quote opened on one line took in others that are rows of their own."""


def _single_rows(lines: Iterator[tuple[int, str]], width: int) -> Iterator[_Row]:
    next(lines, None)
    return (_row(number, line, width) for number, line in lines)


def _whole_rows(lines: Iterator[tuple[int, str]], width: int) -> Iterator[_Row]:
    """Rows whose quoted fields may hold line ends."""
    next(lines, None)
    longest = watch().bounds.line
    for number, line in lines:
        parts, characters = [line], len(line)
        # An odd number of quotes: the field goes on in the next line.
        odd = line.count('"') % 2
        while odd:
            _, following = next(lines, (0, None))
            if following is None or characters > longest:
                raise _StrayQuote
            parts.append(following)
            characters += len(following)
            odd ^= following.count('"') % 2
        row = _row(number, "\n".join(parts), width)
        if len(parts) > 1 and row.fields is None:
            raise _StrayQuote
        yield row


def _row(number: int, text: str, width: int) -> _Row:
    if not text:
        return _Row(number, text, None, "is empty")
    if _NOT_UTF8 in text:
        return _Row(number, text, None, "is not UTF-8")
    if '"' not in text:
        fields = text.split(",")
    else:
        try:
            fields = next(csv.reader(io.StringIO(text, newline=""), strict=True))
        except csv.Error as error:
            return _Row(number, text, None, f"is not a valid line of CSV: {error}")
    if len(fields) != width:
        return _Row(number, text, None, f"has {len(fields)} columns instead of {width}")
    return _Row(number, text, fields, "")
