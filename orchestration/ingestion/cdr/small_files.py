"""Decoding many small CDR files at once: a PBX may write a file for each call, and a statement per file costs more than its call.

All files are read record by record, like a damaged file, into one relation with a column for the file. The parts of the raw zone
are those that decode_cdr writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.ingestion.cdr import rules
from orchestration.ingestion.cdr.decoding import (
    CdrFile,
    WrittenDay,
    cdr_signature,
    checked_sql,
    decoded_file,
    has_instants,
    sorts_out,
    sound_condition,
    written_days_sql,
)
from orchestration.ingestion.cdr.formats.model import CdrFormat
from orchestration.ingestion.cdr.formats.registry import load_cdr_format
from orchestration.ingestion.cdr.layouts.lines import read_records
from orchestration.ingestion.cdr.text_fields import LINE_COLUMNS, LINE_COLUMNS_SQL, line_values, text_fields_sql
from orchestration.ingestion.file_reading.malformed_rows import write_table
from orchestration.ledger.schema import DecodedFile, FileEntry
from orchestration.settings import Settings

#: Larger files are read faster one by one.
MOST_BYTES = 32 << 10
MOST_LINES = 200
#: How many files, and lines, are decoded at once.
FILES_AT_ONCE = 1000
LINES_AT_ONCE = 50_000

_FILE_COLUMNS = pa.schema(
    [("file_number", pa.int64()), ("file_id", pa.string()), ("switch_id", pa.string()), ("file_date", pa.date32())]
)
_KEPT = "file_number, file_id, switch_id, file_date,"
_BY_FILE = "file_number,"


def is_small(entry: FileEntry, known_switches: set[str]) -> bool:
    """Whether a registered file is a small text file of call records from a switch that is known."""
    return (
        entry.file_kind == "cdr"
        and entry.size_bytes <= MOST_BYTES
        and (entry.content_lines or 0) <= MOST_LINES
        and entry.switch_id in known_switches
        and load_cdr_format(entry.format).is_text
    )


def batches(entries: Sequence[FileEntry], known_switches: set[str]) -> Iterator[list[FileEntry]]:
    """The entries in their order: small files that follow one another together, every other file by itself."""
    batch: list[FileEntry] = []
    lines = 0
    for entry in entries:
        if not is_small(entry, known_switches):
            if batch:
                yield batch
            yield [entry]
            batch, lines = [], 0
            continue
        batch.append(entry)
        lines += entry.content_lines or 0
        if len(batch) == FILES_AT_ONCE or lines >= LINES_AT_ONCE:
            yield batch
            batch, lines = [], 0
    if batch:
        yield batch


def decode_small_files(
    settings: Settings, con: duckdb.DuckDBPyConnection, entries: Sequence[FileEntry], known_switches: set[str]
) -> list[DecodedFile]:
    """Decode registered small CDR files, each as `decode_cdr` would; in the order of the entries.

    `con` is in no open transaction. Raises what reading a file raises: then no file of them is decoded, but the Parquet files
    of some may be written.
    """
    groups: dict[CdrFormat, list[CdrFile]] = {}
    for entry in entries:
        file = CdrFile.of(settings, con, entry, known_switches)
        # A fault of the header condemns the records of one file: their reason is that file's own.
        groups.setdefault(file.layout, []).append(file)
    decoded: dict[str, DecodedFile] = {}
    for layout, files in groups.items():
        for fault in dict.fromkeys(file.file_fault for file in files):
            alike = [file for file in files if file.file_fault == fault]
            decoded |= _decode(settings, con, layout, fault, alike, known_switches)
    return [decoded[entry.file_id] for entry in entries]


def _decode(
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    layout: CdrFormat,
    file_fault: str | None,
    files: list[CdrFile],
    known_switches: set[str],
) -> dict[str, DecodedFile]:
    """Decode files of one layout that have the same fault, or none."""
    try:
        _create_lines(con, layout, files)
        source = (
            f"select lines.*, {', '.join(f'small_files.{name}' for name in _FILE_COLUMNS.names[1:])} "
            f"from ({text_fields_sql(layout, 'cdr_lines', _BY_FILE)}) as lines "
            "inner join small_files on lines.file_number = small_files.file_number"
        )
        checked = checked_sql(layout, source, rules.FileSql(), settings.time_zone, "place", file_fault, _KEPT, _BY_FILE)
        con.execute(f"create or replace temp table cdr_checked as {checked}")
        typed = rules.typed_sql("sound", rules.FileSql(), has_instants(layout))
        calls = con.execute(
            f"with sound as (select * from cdr_checked where {sound_condition(layout)}) {typed} order by file_number, line_number"
        ).to_arrow_table()
        con.register("small_calls", calls)
        written = written_days_sql("(select *, 0 as file_row_number from small_calls)", "file_id,")
        days: dict[str, list[WrittenDay]] = {}
        for file_id, *day in con.execute(f"{written} order by file_id, call_date").fetchall():
            days.setdefault(file_id, []).append(WrittenDay(*day))
        malformed = _texts(con, "fault", "true")
        ignored = _texts(con, "ignored", "fault is null") if sorts_out(layout) else {}
        pieces = _by_file(calls.filter(pc.is_in(calls["partial_kind"], pa.array(rules.PIECES))))
    finally:
        con.unregister("small_calls")
        for table in ("cdr_lines", "small_files", "cdr_checked"):
            con.execute(f"drop table if exists {table}")
    of_file = _by_file(calls)
    decoded = {}
    for file in files:
        file_id = file.entry.file_id
        write_table(of_file.get(file_id, calls.slice(0, 0)), file.calls)
        _put(pieces.get(file_id), file.pieces)
        _put(malformed.get(file_id), file.malformed_file)
        _put(ignored.get(file_id), file.ignored_file)
        decoded[file_id] = decoded_file(
            file_id,
            cdr_signature(file.entry, known_switches, settings.time_zone),
            file.controls,
            days.get(file_id, []),
            _rows(malformed.get(file_id)),
            _rows(ignored.get(file_id)),
        )
    return decoded


def _create_lines(con: duckdb.DuckDBPyConnection, layout: CdrFormat, files: list[CdrFile]) -> None:
    """Make cdr_lines of the files' records, and small_files of what the rules take of the files."""
    rows = [
        (number, *line_values(record))
        for number, file in enumerate(files)
        for record in read_records(file.landed, layout, file.controls.last_line)
    ]
    con.execute(f"create or replace temp table cdr_lines (file_number bigint, {LINE_COLUMNS_SQL})")
    schema = pa.schema([_FILE_COLUMNS.field(0), *LINE_COLUMNS])
    _insert(con, "cdr_lines", rows, schema)
    con.execute(
        "create or replace temp table small_files (file_number bigint, file_id varchar, switch_id varchar, file_date date)"
    )
    facts = [(number, file.entry.file_id, file.switch_id, file.file_date) for number, file in enumerate(files)]
    _insert(con, "small_files", facts, _FILE_COLUMNS)


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> None:
    if not rows:
        return
    columns = list(map(pa.array, zip(*rows, strict=True), schema.types))
    con.register("small_rows", pa.table(columns, schema=schema))
    con.execute(f"insert into {table} by name select * from small_rows")
    con.unregister("small_rows")


def _texts(con: duckdb.DuckDBPyConnection, fault: str, condition: str) -> dict[str, pa.Table]:
    """Line number, text, field and reason of the records with a fault or reason, by file."""
    return _by_file(
        con.execute(
            f"select file_id, line_number, record_text, split_part({fault}, '|', 1) as field, "
            f"substr({fault}, 1 + instr({fault}, '|')) as reason from cdr_checked "
            f"where {condition} and {fault} is not null order by file_number, line_number"
        ).to_arrow_table()
    )


def _by_file(table: pa.Table) -> dict[str, pa.Table]:
    """The rows of each file of a table in which those of a file follow one another."""
    runs = pc.run_end_encode(table["file_id"].combine_chunks()) if len(table) else None
    if runs is None:
        return {}
    found, begin = {}, 0
    for file_id, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
        found[file_id] = table.slice(begin, end - begin)
        begin = end
    return found


def _put(table: pa.Table | None, target: Path) -> None:
    """Write a part of a file, or remove that of an earlier decode if the file no longer has this part."""
    if table is None:
        target.unlink(missing_ok=True)
    else:
        write_table(table, target)


def _rows(table: pa.Table | None) -> int:
    return 0 if table is None else len(table)
