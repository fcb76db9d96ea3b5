"""Decoding a CDR file: from its landed bytes to raw/calls, raw/pieces, raw/malformed and raw/ignored, one Parquet file each.

A sound file is read in one pass. Where anything is wrong, its records are read a second time with their numbers and texts, and
the damaged records are set aside. How bytes become fields is in layouts/, how fields become a record's columns in
mapping.py, the rules of a record are in rules.py. The warehouse decides the state of a sound record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.ingestion.cdr import rules
from orchestration.ingestion.cdr.formats.model import CHARGED_COLUMN, CdrFormat
from orchestration.ingestion.cdr.formats.registry import load_cdr_format
from orchestration.ingestion.cdr.layouts import ber, binary
from orchestration.ingestion.cdr.layouts.control import FileControls, read_controls
from orchestration.ingestion.cdr.layouts.lines import TextRecord, is_plain, plain_lines, read_records
from orchestration.ingestion.cdr.mapping import field_column, mapped_sql
from orchestration.ingestion.cdr.rules import literal
from orchestration.ingestion.cdr.text_fields import (
    LINE_COLUMNS,
    LINE_COLUMNS_SQL,
    fixed_width_columns,
    line_values,
    text_fields_sql,
)
from orchestration.ingestion.file_reading.bounds import exceeded, watch
from orchestration.ingestion.file_reading.malformed_rows import ignored_path, malformed_path
from orchestration.ingestion.file_reading.packing import packing_of
from orchestration.ingestion.landed.landed_packing import landed_path
from orchestration.ledger.schema import CallDay, DecodedFile, FileEntry
from orchestration.settings import Settings

_LINES_AT_ONCE, _CHARACTERS_AT_ONCE = 100_000, 16 << 20
# Another way of reading would take no less memory, nor less time.
_ENDS_THE_FILE = (duckdb.OutOfMemoryException, duckdb.InterruptException)
_PARQUET = "format parquet, compression lz4"
# The text for "no such field" in DuckDB's reading of a quoted line: no switch writes these control characters.
_MISSING = "\x01\x02\x01"
# This byte is in no line of text, so a line is not split.
_NO_DELIMITER = "\x03"


def cdr_signature(entry: FileEntry, known_switches: set[str], time_zone: str = Settings.time_zone) -> str:
    """What a decode of the file depends on besides its bytes; a file with another signature is decoded again.

    DuckDB's version is part of it because its hash() may change between versions, and keys are compared across files.
    """
    known = "known" if entry.switch_id in known_switches else "unknown"
    layout = load_cdr_format(entry.format)
    zone = f"/{time_zone}" if layout.mapping is not None else ""
    return f"{rules.RULES_VERSION}/{entry.format}-{layout.digest}{zone}/duckdb-{duckdb.__version__}/switch-{known}"


def decode_cdr(
    settings: Settings, con: duckdb.DuckDBPyConnection, entry: FileEntry, known_switches: set[str]
) -> DecodedFile:
    """Decode a registered CDR file; its Parquet files replace earlier ones completely. `con` must have no open transaction."""
    work = CdrFile.of(settings, con, entry, known_switches)
    work.calls.parent.mkdir(parents=True, exist_ok=True)
    try:
        if work.file_fault is not None or not work.read_sound():
            work.read_record_by_record()
        return work.finish(cdr_signature(entry, known_switches, settings.time_zone))
    finally:
        work.calls_part.unlink(missing_ok=True)
        work.pieces_part.unlink(missing_ok=True)
        work.malformed_part.unlink(missing_ok=True)
        work.ignored_part.unlink(missing_ok=True)


def pieces_path(raw: Path, file_id: str) -> Path:
    """The path of a second copy of a file's pieces of long calls; only a file with pieces has one."""
    return raw / "pieces" / f"{file_id}.parquet"


@dataclass(frozen=True)
class WrittenDay:
    """The records of one call day in a written file of calls."""

    call_date: date
    records: int
    other_day: int
    seconds: int
    days_on: int  # how many days after its call day the last of their seconds falls
    pieces: int
    misplaced: int  # whose number is not their place in the file


def sorts_out(layout: CdrFormat) -> bool:
    """Whether some records of a format's files are not calls, or legs of one call."""
    return layout.mapping is not None and layout.mapping.sorts_out


def has_instants(layout: CdrFormat) -> bool:
    """Whether the times of a format's files may be instants."""
    return layout.mapping is not None and layout.mapping.times.says_instants


def sound_condition(layout: CdrFormat) -> str:
    """Which records of `checked_sql` are calls."""
    return "fault is null and ignored is null" if sorts_out(layout) else "fault is null"


def checked_sql(
    layout: CdrFormat,
    source: str,
    file: rules.FileSql,
    branch_zone: str,
    place: str,
    file_fault: str | None = None,
    kept: str = "",
    by_file: str = "",
) -> str:
    """The query for every record of `source`, mapped and normalised, with `fault` where it is malformed.

    `source` gives line_number, record_text, line_fault and the fields; `place` is the record's place in its file. Where it
    holds several files, `by_file` is the column (with a comma) that identifies the file, and `kept` are their columns.
    """
    number = rules.record_number_sql(sorts_out(layout))
    fault = rules.fault_sql(file, file_fault, "is_duplicate", sorts_out(layout))
    mapped = mapped_sql(layout, "fields", branch_zone, place, f"record_text, {kept}", by_file)
    return f"""
        with fields as ({source}),
        mapped as ({mapped}),
        numbered as (select *, {number} as parsed_number from mapped),
        first_lines as (
            select {by_file} parsed_number, min(line_number) as first_line from numbered
            where parsed_number is not null group by {by_file} parsed_number
        ),
        counted as (
            select numbered.*, coalesce(numbered.line_number > first_lines.first_line, false) as is_duplicate
            from numbered left join first_lines using ({by_file} parsed_number)
        ),
        normalised as ({rules.normalised_sql("counted")})
        select *, {fault} as fault from normalised"""


def written_days_sql(calls: str, by_file: str = "") -> str:
    """The query for the columns of WrittenDay, by call day, of records as they are in raw/calls, with `file_row_number`."""
    return (
        f"select {by_file} call_date, count(*), count(*) filter (is_other_day), cast(sum(duration_seconds) as bigint), "
        "max(cast(started_at + to_seconds(greatest(duration_seconds, 1) - 1) as date) - call_date), "
        f"count(*) filter ({rules.IS_PIECE_SQL}), count(*) filter (record_number <> file_row_number + 1) "
        f"from {calls} group by {by_file} call_date"
    )


def decoded_file(
    file_id: str, decoded_with: str, controls: FileControls, days: Sequence[WrittenDay], malformed: int, ignored: int
) -> DecodedFile:
    """What the ledger keeps of a decoded file, and how its header or trailer differs."""
    read_records = sum(day.records for day in days) + malformed + ignored
    faults = controls.faults + [
        f"the {side} says {said} records, the file has {read_records}"
        for side, said in controls.counts
        if said != read_records
    ]
    return DecodedFile(
        file_id=file_id,
        decoded_with=decoded_with,
        trailer_records=controls.counts[0][1] if controls.counts else None,
        content_fault="; ".join(faults) or None,
        read_records=read_records,
        malformed=malformed,
        ignored=ignored,
        read_seconds=sum(day.seconds for day in days),
        other_day=sum(day.other_day for day in days),
        days=tuple(CallDay(day.call_date, day.records, day.other_day, max(1, day.days_on)) for day in days),
    )


@dataclass
class CdrFile:
    """A landed CDR file on its way into the raw zone: what is known of it so far, and where its parts are written."""

    settings: Settings
    con: duckdb.DuckDBPyConnection
    entry: FileEntry
    landed: Path
    layout: CdrFormat
    file_fault: str | None = None  # `<field>|<reason>` that condemns every record
    controls: FileControls = field(default_factory=FileControls)
    malformed: int = 0
    ignored: int = 0
    calls: Path = field(init=False)
    calls_part: Path = field(init=False)
    pieces: Path = field(init=False)
    pieces_part: Path = field(init=False)
    malformed_file: Path = field(init=False)
    malformed_part: Path = field(init=False)
    ignored_file: Path = field(init=False)
    ignored_part: Path = field(init=False)
    written_days: list[WrittenDay] | None = None

    @classmethod
    def of(
        cls, settings: Settings, con: duckdb.DuckDBPyConnection, entry: FileEntry, known_switches: set[str]
    ) -> CdrFile:
        """The file with the data of its switch, header and trailer; its records are not read yet."""
        file = cls(settings, con, entry, landed_path(settings.home, entry), load_cdr_format(entry.format))
        if entry.switch_id not in known_switches:
            file.file_fault = f"switch_id|switch {entry.switch_id} is not in the reference book (switches.csv)"
        file.look_at_edges()
        return file

    def __post_init__(self) -> None:
        self.calls = self.settings.raw / "calls" / f"{self.entry.file_id}.parquet"
        self.malformed_file = malformed_path(self.settings, self.entry.file_id)
        self.pieces = pieces_path(self.settings.raw, self.entry.file_id)
        self.calls_part = self.calls.with_suffix(".parquet.tmp")
        self.pieces_part = self.pieces.with_suffix(".parquet.tmp")
        self.malformed_part = self.malformed_file.with_suffix(".parquet.tmp")
        self.ignored_file = ignored_path(self.settings, self.entry.file_id)
        self.ignored_part = self.ignored_file.with_suffix(".parquet.tmp")
        assert self.entry.file_date is not None and self.entry.switch_id is not None, "a name of the pattern has both"
        self.file_date, self.switch_id = self.entry.file_date, self.entry.switch_id
        if self.layout.mapping is not None and self.layout.mapping.times.lacks_year:
            self.layout = replace(self.layout, file_date=self.file_date)

    @property
    def file_sql(self) -> rules.FileSql:
        """What the rules of a record take of the file."""
        return rules.FileSql.of(self.entry.file_id, self.switch_id, self.file_date)

    def typed_sql(self, relation: str) -> str:
        """The sound records of a normalised relation, in the form of raw/calls."""
        return rules.typed_sql(relation, self.file_sql, has_instants(self.layout))

    def mapped_sql(self, relation: str, place: str, kept: str = "") -> str:
        """The relation of fields with the columns of a record."""
        return mapped_sql(self.layout, relation, self.settings.time_zone, place, kept)

    def look_at_edges(self) -> None:
        """Read header and trailer, and with them the fields of a layout whose header names them."""
        if not self.layout.is_text:
            return
        self.controls = read_controls(self.landed, self.layout)
        if self.layout.has_optional_column and self.controls.header_line == self.layout.full_header_line:
            self.layout = replace(self.layout, fields=(*self.layout.fields, CHARGED_COLUMN))
        if self.controls.names is None:
            return
        names = self.controls.names
        _refuse_fields(len(names))
        absent = tuple(name for name in self.layout.header.optional_names if name not in names)
        self.layout = replace(self.layout, absent=absent)
        missing = [name for name in self.layout.needed_fields if names.count(name) != 1]
        if missing:
            fault = f"line {self.layout.header.names} of the header has no one field {missing[0]}"
            self.controls.faults.append(fault)
            self.file_fault = self.file_fault or f"header|{fault}"
        self.layout = replace(self.layout, fields=(*names, *missing), optional_fields=len(missing))

    def read_sound(self) -> bool:
        """Read the whole file in one pass; False where a record is not sound, or the numbers of lines and records differ."""
        if self.layout.mapping is None and self.layout.layout == "delimited":
            # The n-th record of nearly every canonical file has number n: without counting lines it is read twice as fast. The
            # records are written in the order of the file, so the written file shows whether it was so.
            expected = self._copy_sound(is_numbered=True)
            if expected is None:
                return False
            days = self._written_days()
            if sum(day.records for day in days) == expected and not any(day.misplaced for day in days):
                return True
        expected = self._sort_sound() if sorts_out(self.layout) else self._copy_sound(is_numbered=False)
        if expected is None:
            return False
        records, numbers = self._one(
            f"select count(*), count(distinct record_number) from read_parquet({literal(str(self.calls_part))})"
        )
        return records == numbers == expected - self.ignored

    def _copy_sound(self, is_numbered: bool) -> int | None:
        """Write the file's records and return how many there should be; None where one is not sound, or this way is not possible.

        `is_numbered` takes a record's number for its place.
        """
        source = self._sound_source(is_numbered)
        if source is None:
            return None
        query, expected = source
        try:
            # Only where the place of a record is to be seen by its row does the order of the rows matter.
            self._copy(f"{self._sound_sql(query)} {self.typed_sql('sound')}", self.calls_part, is_numbered)
        except _ENDS_THE_FILE:
            raise
        except duckdb.Error:
            return None
        return expected

    def _sound_sql(self, query: str) -> str:
        """The clause `with … sound` of the records; to read it is an error where one is not sound."""
        fault = rules.fault_sql(self.file_sql, None, "false", sorts_out(self.layout))
        # Quotes are left to the other way of reading where this one takes them for text.
        quoted = " or ".join(f"contains({name}, '\"')" for name in ("trunk_group_in", "trunk_group_out"))
        unsound = f"{quoted} or {fault} is not null" if self.layout.mapping is None else f"{fault} is not null"
        mapped = self.mapped_sql("lines", f"(line_number - {self.layout.header.lines})")
        return f"""
            with lines as ({query}),
            mapped as ({mapped}),
            normalised as ({rules.normalised_sql("mapped")}),
            sound as (
                select * from normalised
                where case when {unsound} then error('not sound') else true end
            )"""

    def _sort_sound(self) -> int | None:
        """As `_copy_sound`, with the records that are not calls set apart, which need not be sound."""
        source = self._sound_source(False)
        if source is None:
            return None
        query, expected = source
        # What was normalised or found sound is not read again.
        kept = "* exclude (calling_number, called_number, charged_number, started_at, line_fault, map_fault)"
        try:
            self.con.execute(
                f"create or replace temp table cdr_sorted as {self._sound_sql(query)} select {kept} from sound"
            )
            self._copy(self.typed_sql("(select * from cdr_sorted where ignored is null)"), self.calls_part)
            self.ignored = self._one("select count(*) from cdr_sorted where ignored is not null")[0]
            if self.ignored:
                self._keep_ignored_texts()
        except _ENDS_THE_FILE:
            raise
        except duckdb.Error:
            self.ignored = 0
            return None
        finally:
            self.con.execute("drop table if exists cdr_sorted")
        return expected

    def _keep_ignored_texts(self) -> None:
        """Write the ignored records with the texts that they have in the file."""
        rows = self.con.execute(
            "select line_number, ignored from cdr_sorted where ignored is not null order by line_number"
        ).fetchall()
        why = dict(rows)
        texts = ((number, text) for number, text in self._texts() if number in why)
        self.con.execute(
            "create or replace temp table cdr_ignored (line_number bigint, record_text varchar, ignored varchar)"
        )
        try:
            while batch := list(islice(texts, _LINES_AT_ONCE)):
                numbers, kept = (list(column) for column in zip(*batch, strict=True))
                self.con.register(
                    "cdr_ignored_batch", pa.table([numbers, kept, [why[n] for n in numbers]], ["n", "t", "w"])
                )
                self.con.execute("insert into cdr_ignored select n, t, w from cdr_ignored_batch")
                self.con.unregister("cdr_ignored_batch")
            self._copy_texts("cdr_ignored", "ignored", self.ignored_part)
        finally:
            self.con.execute("drop table if exists cdr_ignored")

    def _texts(self) -> Iterator[tuple[int, str]]:
        """The number and the text of every record of a file that was read in one pass."""
        if self.layout.layout == "asn1_ber":
            for batch in ber.batches(self.landed, self.layout):
                yield from zip(batch["line_number"].to_pylist(), batch["record_text"].to_pylist(), strict=True)
        elif self.layout.layout == "fixed_binary":
            for batch in binary.batches(self.landed, self.layout, with_text=True):
                yield from zip(batch["line_number"].to_pylist(), batch["record_text"].to_pylist(), strict=True)
        else:
            yield from plain_lines(self.landed, self.layout)

    def _copy_texts(self, relation: str, fault: str, target: Path) -> None:
        """Write line number, text, field and reason of the records with a fault or reason."""
        target.parent.mkdir(parents=True, exist_ok=True)
        self._copy(
            f"select {literal(self.entry.file_id)} as file_id, line_number, record_text, "
            f"split_part({fault}, '|', 1) as field, substr({fault}, 1 + instr({fault}, '|')) as reason "
            f"from {relation} where {fault} is not null order by line_number",
            target,
        )

    def _sound_source(self, is_numbered: bool) -> tuple[str, int] | None:
        """The query for the fields of a file's records, and how many there should be; None where it is not to be tried."""
        layout = self.layout
        if layout.layout == "asn1_ber":
            self._register_records(ber.batches(self.landed, layout))
            return (
                "select line_number, damage as line_fault, * exclude (line_number, damage) from cdr_records",
                ber.count_records(self.landed, layout),
            )
        if layout.layout == "fixed_binary":
            expected = binary.whole_records(self.landed, layout)
            if expected is None:
                return None
            self._register_records(binary.batches(self.landed, layout, with_text=False))
            return (
                "select line_number, damage as line_fault, * exclude (line_number, damage) from cdr_records",
                expected,
            )
        # DuckDB 1.5 invalidates its whole database where it pads a line that is not UTF-8 ("Attempted to access index … within
        # vector of size …"), so such a line must not come before it.
        if layout.encoding != "utf-8" or (layout.mapping is not None and not is_plain(self.landed)):
            return None
        if layout.trailer.lines and self.controls.last_line is None:
            return None
        lines = (self.entry.content_lines or 0) if self.controls.last_line is None else self.controls.last_line
        source = self._delimited_source(is_numbered) if layout.layout == "delimited" else self._fixed_width_source()
        return None if source is None else (source + f" where line_number <= {lines}", lines - layout.header.lines)

    def _csv(
        self, columns: int, delimiter: str, quote: str, is_padded: bool, place: str = "row_number() over ()"
    ) -> str:
        names = ", ".join(f"c{at}: 'VARCHAR'" for at in range(columns))
        options = (
            f"skip = {self.layout.header.lines}, delim = {literal(delimiter)}, quote = {literal(quote)}, "
            f"escape = {literal(quote)}, null_padding = {is_padded}, nullstr = {literal(_MISSING if is_padded else '')}"
        )
        return (
            f"(select {self.layout.header.lines} + {place} as line_number, * from "
            f"read_csv({literal(str(self.landed))}, auto_detect = false, header = false, strict_mode = true, {options}, "
            f"max_line_size = {watch().bounds.line + 2}, "
            f"compression = '{packing_of(self.landed.name)}', columns = {{{names}}}))"
        )

    def _delimited_source(self, is_numbered: bool) -> str | None:
        layout, width = self.layout, len(self.layout.fields)
        if layout.mapping is None:
            # DuckDB takes a delimiter too many at a line's end for nothing; the count of the pull shows it.
            if self.entry.content_delimiters != (width - 1) * (self.entry.content_lines or 0):
                return None
            fields = ", ".join(
                f"c{layout.fields.index(name)} as {field_column(layout, name)}" for name in layout.fields
            )
            number = f"try_cast(c{layout.fields.index('record_number')} as bigint)"
            place = number if is_numbered else "row_number() over ()"
            return (
                f"select line_number, cast(null as varchar) as line_fault, {fields} "
                f"from {self._csv(width, layout.delimiter, '', False, place)}"
            )
        # Missing fields of a line are padded, and one more field is read: so the number of its fields can be seen.
        present = width if not layout.has_more_fields else max(width, self._fields_of_first_line())
        least = width - layout.optional_fields
        too_few = f"c{least - 1} = {literal(_MISSING)} or c{least - 1} is null"
        too_many = "false" if layout.has_more_fields else f"c{width} is not null"
        fields = ", ".join(
            f"c{layout.fields.index(name)} as {field_column(layout, name)}" for name in layout.needed_fields
        )
        return (
            f"select line_number, case when {too_few} or {too_many} then 'columns' end as line_fault, {fields} "
            f"from {self._csv(present + 1, layout.delimiter, layout.quote, True)}"
        )

    def _fields_of_first_line(self) -> int:
        first = next(read_records(self.landed, self.layout, self.controls.last_line), None)
        found = 0 if first is None else len(first.fields or first.text.split(self.layout.delimiter))
        _refuse_fields(found)
        return found

    def _fixed_width_source(self) -> str:
        fault, fields = fixed_width_columns(self.layout, "c0")
        lines = self._csv(1, _NO_DELIMITER, "", False)
        return f"select line_number, {fault} as line_fault, {fields} from {lines}"

    def _register_records(self, records: Iterator[pa.RecordBatch]) -> None:
        schema = binary.arrow_schema(len(self.layout.needed_fields))
        self.con.register("cdr_records", pa.RecordBatchReader.from_batches(schema, records))

    def read_record_by_record(self) -> None:
        """Read the records with their texts, so that damage to one does not affect others, and apply the same rules."""
        con = self.con
        try:
            source = self._laid_out()
            place = "place" if self.layout.is_text else f"(line_number - {self.layout.header.lines})"
            checked = checked_sql(self.layout, source, self.file_sql, self.settings.time_zone, place, self.file_fault)
            con.execute(f"create or replace temp table cdr_checked as {checked}")
            kept = sound_condition(self.layout)
            self._copy(
                f"with sound as (select * from cdr_checked where {kept}) {self.typed_sql('sound')} order by line_number",
                self.calls_part,
            )
            self.malformed = self._one("select count(*) from cdr_checked where fault is not null")[0]
            if self.malformed:
                self._copy_texts("cdr_checked", "fault", self.malformed_part)
            if sorts_out(self.layout):
                passed = "(select * from cdr_checked where fault is null)"
                self.ignored = self._one(f"select count(*) from {passed} where ignored is not null")[0]
                if self.ignored:
                    self._copy_texts(passed, "ignored", self.ignored_part)
        finally:
            con.execute("drop table if exists cdr_lines")
            con.execute("drop table if exists cdr_checked")

    def _laid_out(self) -> str:
        """The query for line_number, record_text, line_fault and the fields of every record, damaged ones too."""
        layout = self.layout
        if not layout.is_text:
            if layout.layout == "fixed_binary":
                self._register_records(binary.batches(self.landed, layout, with_text=True))
            else:
                self._register_records(ber.batches(self.landed, layout))
            return "select line_number, record_text, damage as line_fault, * exclude (line_number, record_text, damage) from cdr_records"
        self._keep_lines()
        return text_fields_sql(layout, "cdr_lines")

    def _keep_lines(self) -> None:
        con = self.con
        con.execute(f"create or replace temp table cdr_lines ({LINE_COLUMNS_SQL})")
        records = read_records(self.landed, self.layout, self.controls.last_line)
        while batch := [line_values(one) for one in _some(records)]:
            columns = list(map(pa.array, zip(*batch, strict=True), LINE_COLUMNS.types))
            table = pa.table(columns, schema=LINE_COLUMNS)
            con.register("cdr_lines_batch", table)
            con.execute("insert into cdr_lines by name select * from cdr_lines_batch")
            con.unregister("cdr_lines_batch")

    def finish(self, decoded_with: str) -> DecodedFile:
        """Put the written files in their places and count."""
        days = self._written_days()
        if any(day.pieces for day in days):
            self.pieces_part.parent.mkdir(parents=True, exist_ok=True)
            self._copy(rules.pieces_sql(f"read_parquet({literal(str(self.calls_part))})"), self.pieces_part)
            self.pieces_part.replace(self.pieces)
        else:
            self.pieces.unlink(missing_ok=True)
        if self.malformed:
            self.malformed_part.replace(self.malformed_file)
        else:
            self.malformed_file.unlink(missing_ok=True)
        if self.ignored:
            self.ignored_part.replace(self.ignored_file)
        else:
            self.ignored_file.unlink(missing_ok=True)
        self.calls_part.replace(self.calls)
        return decoded_file(self.entry.file_id, decoded_with, self.controls, days, self.malformed, self.ignored)

    def _written_days(self) -> list[WrittenDay]:
        """The content of the written file of calls, by call day: read once for each file, since most files are small."""
        if self.written_days is None:
            written = f"read_parquet({literal(str(self.calls_part))}, file_row_number = true)"
            rows = self.con.execute(f"{written_days_sql(written)} order by call_date").fetchall()
            self.written_days = [WrittenDay(*row) for row in rows]
        return self.written_days

    def _copy(self, query: str, target: Path, keeps_order: bool = False) -> None:
        """Write what a query gives. Raises duckdb.Error."""
        if target == self.calls_part:
            self.written_days = None
        order = ", preserve_order true" if keeps_order else ""
        self.con.execute(f"copy ({query}) to {literal(str(target))} ({_PARQUET}{order})")

    def _one(self, query: str) -> tuple[int, ...]:
        row = self.con.execute(query).fetchone()
        assert row is not None, "an aggregate without groups has one row"
        return row


def _refuse_fields(found: int) -> None:
    """Raise BoundExceeded where a line has more fields than one may have: the engine would need a column for each."""
    bounds = watch().bounds
    if found > bounds.fields:
        raise exceeded(f"its first line has {found} fields", bounds, "fields")


def _some(records: Iterator[TextRecord]) -> Iterator[TextRecord]:
    """The next records, as many as fit into memory at once however long they are."""
    characters = 0
    for record in islice(records, _LINES_AT_ONCE):
        yield record
        characters += len(record.text)
        if characters >= _CHARACTERS_AT_ONCE:
            return
