"""Decoding a CDR file: from its landed bytes to raw/calls, raw/pieces and raw/malformed, one Parquet file each.

A sound file is read once by DuckDB. Where anything is off, the lines are split here and kept as text with their numbers.
The rules of a record are in cdr_rules.py; what state a sound record ends in is the warehouse's matter.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.ingestion import cdr_rules
from orchestration.ingestion.cdr_formats import RECORD_COLUMNS, CdrFormat, load_cdr_format
from orchestration.ingestion.cdr_rules import literal
from orchestration.ingestion.ledger_schema import CallDay, DecodedFile, FileEntry
from orchestration.ingestion.malformed_rows import malformed_path
from orchestration.ingestion.packing import open_unpacked, packing_of
from orchestration.settings import Settings

_LINES_AT_ONCE = 100_000
_LINE_COLUMNS = ["line_number", "record_text", "damage", "quoted_fields"]
_LINE_TYPES = [pa.int64(), pa.string(), pa.string(), pa.list_(pa.string())]
_PARQUET = "format parquet, compression lz4"


def cdr_signature(entry: FileEntry, known_switches: set[str]) -> str:
    """What a decode of the file depends on besides its bytes; a file with another signature is decoded again.

    DuckDB's version is part of it because its hash() may change between versions, and keys are compared across files.
    """
    known = "known" if entry.switch_id in known_switches else "unknown"
    return f"{cdr_rules.RULES_VERSION}/{entry.format}/duckdb-{duckdb.__version__}/switch-{known}"


def decode_cdr(
    settings: Settings, con: duckdb.DuckDBPyConnection, entry: FileEntry, known_switches: set[str]
) -> DecodedFile:
    """Decode a registered CDR file; its Parquet files replace earlier ones whole. `con` is in no open transaction."""
    landed = settings.home / entry.landing_path
    work = _Work(settings, con, entry, landed, load_cdr_format(entry.format))
    work.calls.parent.mkdir(parents=True, exist_ok=True)
    if entry.switch_id not in known_switches:
        work.switch_fault = f"switch {entry.switch_id} is not in the reference book (switches.csv)"
    try:
        if work.switch_fault is not None or not work.read_sound():
            work.read_line_by_line()
        return work.finish(cdr_signature(entry, known_switches))
    finally:
        work.calls_part.unlink(missing_ok=True)
        work.pieces_part.unlink(missing_ok=True)
        work.malformed_part.unlink(missing_ok=True)


def pieces_path(raw: Path, file_id: str) -> Path:
    """Where the pieces of long calls that a file holds stand once more, by themselves; only such a file has one."""
    return raw / "pieces" / f"{file_id}.parquet"


@dataclass
class _Work:
    settings: Settings
    con: duckdb.DuckDBPyConnection
    entry: FileEntry
    landed: Path
    layout: CdrFormat
    switch_fault: str | None = None
    malformed: int = 0
    calls: Path = field(init=False)
    calls_part: Path = field(init=False)
    pieces: Path = field(init=False)
    pieces_part: Path = field(init=False)
    malformed_file: Path = field(init=False)
    malformed_part: Path = field(init=False)

    def __post_init__(self) -> None:
        self.calls = self.settings.raw / "calls" / f"{self.entry.file_id}.parquet"
        self.malformed_file = malformed_path(self.settings, self.entry.file_id)
        self.pieces = pieces_path(self.settings.raw, self.entry.file_id)
        self.calls_part = self.calls.with_suffix(".parquet.tmp")
        self.pieces_part = self.pieces.with_suffix(".parquet.tmp")
        self.malformed_part = self.malformed_file.with_suffix(".parquet.tmp")
        assert self.entry.file_date is not None and self.entry.switch_id is not None, "a name of the pattern has both"
        self.file_date, self.switch_id = self.entry.file_date, self.entry.switch_id

    def read_sound(self) -> bool:
        """The whole file in one pass of DuckDB; False where a line is not sound or lines and records do not tally."""
        # DuckDB takes a delimiter too many at a line's end for nothing; the count of the pull shows it.
        if self.entry.content_delimiters != (len(self.layout.columns) - 1) * (self.entry.content_lines or 0):
            return False
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in self.layout.columns)
        source = (
            f"read_csv({literal(str(self.landed))}, auto_detect = false, header = false, skip = 1, "
            f"delim = {literal(self.layout.delimiter)}, quote = '', escape = '', strict_mode = true, null_padding = false, "
            f"compression = '{packing_of(self.landed.name)}', columns = {{{columns}}})"
        )
        empty_to_text = ", ".join(f"coalesce({name}, '') as {name}" for name in RECORD_COLUMNS)
        # Quotes are left to the other way of reading: here they are part of the text.
        quoted = " or ".join(f"contains({name}, '\"')" for name in ("trunk_group_in", "trunk_group_out"))
        fault = cdr_rules.fault_sql(self.file_date, None, "false")
        try:
            self._copy(
                f"""
                with lines as (
                    select 1 + row_number() over () as line_number, cast(null as varchar) as line_fault, {empty_to_text},
                        {cdr_rules.NOT_SAID_SQL}
                    from {source}
                ),
                normalised as ({cdr_rules.normalised_sql("lines")}),
                sound as (
                    select * from normalised
                    where case when {quoted} or {fault} is not null then error('not sound') else true end
                )
                {cdr_rules.typed_sql("sound", self.entry.file_id, self.switch_id, self.file_date)}""",
                self.calls_part,
            )
        except duckdb.Error:
            return False
        records, numbers = self._one(
            f"select count(*), count(distinct record_number) from read_parquet({literal(str(self.calls_part))})"
        )
        return records == numbers == (self.entry.content_lines or 0) - 1

    def read_line_by_line(self) -> None:
        """Split the lines here, so that damage to one stays with that one, and feed them to the same rules."""
        con = self.con
        con.execute(
            "create or replace temp table cdr_lines "
            "(line_number bigint, record_text varchar, damage varchar, quoted_fields varchar[])"
        )
        try:
            lines = _lines(self.landed, self.layout)
            while batch := list(islice(lines, _LINES_AT_ONCE)):
                table = pa.table(list(map(pa.array, zip(*batch, strict=True), _LINE_TYPES)), names=_LINE_COLUMNS)
                con.register("cdr_lines_batch", table)
                con.execute("insert into cdr_lines by name select * from cdr_lines_batch")
                con.unregister("cdr_lines_batch")
            width = len(self.layout.columns)
            fields = ", ".join(
                f"case when line_fault is null then fields[{at}] end as {name}"
                for at, name in enumerate(self.layout.columns, start=1)
            )
            number = cdr_rules.record_number_sql()
            fault = cdr_rules.fault_sql(self.file_date, self.switch_fault, "is_repeated")
            con.execute(f"""
                create or replace temp table cdr_judged as
                with split as (
                    select line_number, record_text, damage,
                        case when damage is null then
                            coalesce(quoted_fields, string_split(record_text, {literal(self.layout.delimiter)}))
                        end as fields
                    from cdr_lines
                ),
                faulted as (
                    select *, case when damage is not null then damage when len(fields) <> {width}
                        then 'has ' || len(fields) || ' columns instead of {width}' end as line_fault
                    from split
                ),
                columned as (
                    select line_number, record_text, line_fault, {fields}, {cdr_rules.NOT_SAID_SQL} from faulted
                ),
                numbered as (select *, {number} as parsed_number from columned),
                first_lines as (
                    select parsed_number, min(line_number) as first_line from numbered
                    where parsed_number is not null group by parsed_number
                ),
                counted as (
                    select numbered.*, coalesce(numbered.line_number > first_lines.first_line, false) as is_repeated
                    from numbered left join first_lines using (parsed_number)
                ),
                normalised as ({cdr_rules.normalised_sql("counted")})
                select *, {fault} as fault from normalised""")
            self._copy(
                "with sound as (select * from cdr_judged where fault is null) "
                + cdr_rules.typed_sql("sound", self.entry.file_id, self.switch_id, self.file_date)
                + " order by line_number",
                self.calls_part,
            )
            self.malformed = self._one("select count(*) from cdr_judged where fault is not null")[0]
            if self.malformed:
                self.malformed_part.parent.mkdir(parents=True, exist_ok=True)
                self._copy(
                    f"select {literal(self.entry.file_id)} as file_id, line_number, record_text, "
                    "split_part(fault, '|', 1) as field, substr(fault, 1 + instr(fault, '|')) as reason "
                    "from cdr_judged where fault is not null order by line_number",
                    self.malformed_part,
                )
        finally:
            con.execute("drop table if exists cdr_lines")
            con.execute("drop table if exists cdr_judged")

    def finish(self, decoded_with: str) -> DecodedFile:
        """Put the written files in their places and count."""
        calls = f"read_parquet({literal(str(self.calls_part))})"
        rows = self.con.execute(
            "select call_date, count(*), count(*) filter (is_other_day), sum(duration_seconds) "
            f"from {calls} group by call_date order by call_date"
        ).fetchall()
        pieces = cdr_rules.pieces_sql(calls)
        if self._one(f"select count(*) from ({pieces})")[0]:
            self.pieces_part.parent.mkdir(parents=True, exist_ok=True)
            self._copy(pieces, self.pieces_part)
            os.replace(self.pieces_part, self.pieces)
        else:
            self.pieces.unlink(missing_ok=True)
        if self.malformed:
            os.replace(self.malformed_part, self.malformed_file)
        else:
            self.malformed_file.unlink(missing_ok=True)
        os.replace(self.calls_part, self.calls)
        return DecodedFile(
            file_id=self.entry.file_id,
            decoded_with=decoded_with,
            read_records=sum(row[1] for row in rows) + self.malformed,
            malformed=self.malformed,
            read_seconds=int(sum(row[3] for row in rows)),
            other_day=sum(row[2] for row in rows),
            days=tuple(CallDay(row[0], row[1], row[2]) for row in rows),
        )

    def _copy(self, query: str, target: Path) -> None:
        self.con.execute(f"copy ({query}) to {literal(str(target))} ({_PARQUET})")

    def _one(self, query: str) -> tuple[int, ...]:
        row = self.con.execute(query).fetchone()
        assert row is not None, "an aggregate without groups has one row"
        return row


def _lines(landed: Path, layout: CdrFormat) -> Iterator[tuple[int, str, str | None, list[str] | None]]:
    """(line number, text, damage, fields where quoted) of every line after the header; trailing empty lines are none."""
    empty: list[int] = []
    with open_unpacked(landed) as stream:
        next(stream, None)
        for number, raw in enumerate(stream, start=2):
            raw = raw.removesuffix(b"\n").removesuffix(b"\r")
            if not raw:
                empty.append(number)
                continue
            if empty:
                yield from ((earlier, "", "is empty", None) for earlier in empty)
                empty.clear()
            try:
                text = raw.decode("utf-8")
            except UnicodeDecodeError:
                yield number, raw.decode("utf-8", errors="backslashreplace"), "is not UTF-8", None
                continue
            if '"' not in text:
                yield number, text, None, None
                continue
            try:
                yield number, text, None, next(csv.reader([text], delimiter=layout.delimiter, strict=True))
            except csv.Error as error:
                yield number, text, f"is no line of CSV: {error}", None
