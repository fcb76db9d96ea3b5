"""Reading one call file by a format without any state: what `tollhouse formats check` shows. Nothing is registered or checked."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from orchestration.errors import UsageError
from orchestration.ingestion.cdr.decoding import decode_cdr
from orchestration.ingestion.cdr.formats.model import OPTIONAL_COLUMNS, RECORD_COLUMNS
from orchestration.ingestion.cdr.formats.registry import load_cdr_format
from orchestration.ingestion.file_reading.malformed_rows import SetAsideLine, first_set_aside, ignored_reasons
from orchestration.ingestion.file_reading.packing import PackingError, packing_of, unpacker
from orchestration.ingestion.landing.headers import header_fault
from orchestration.ledger.schema import DecodedFile, FileEntry
from orchestration.settings import Settings

COLUMNS = (*RECORD_COLUMNS, *OPTIONAL_COLUMNS)
_ANY_DAY = date(9999, 12, 30)  # without a day nothing can be later than the day after it


@dataclass(frozen=True)
class Checked:
    """What a file holds, read by a format. `file_fault` is why it would be rejected as it is, or held."""

    decoded: DecodedFile
    day: date | None
    first: list[dict[str, Any]]
    malformed: list[SetAsideLine]
    ignored: list[SetAsideLine]
    ignored_reasons: list[tuple[str, int]]
    file_fault: str | None


def check_file(settings: Settings, path: Path, form: str, switch_id: str, day: date | None, most: int) -> Checked:
    """Read a file as a run would, in a folder that is gone afterwards. Raises UsageError where it cannot be read at all.

    Without a day it is taken from the first eight digits of the file's name that are one, else the file's day is not checked. Where
    the format gives the zone of names and the time follows, it is the branch's day at that moment.
    """
    date_zone = load_cdr_format(form).date_zone
    day = day or (_day_at(path.name, date_zone, settings.time_zone) if date_zone else None) or _day_in(path.name)
    with tempfile.TemporaryDirectory(prefix="tollhouse-formats-") as folder:
        apart = replace(settings, home=Path(folder))
        entry, first_line = _entry(path, form, switch_id, day or _ANY_DAY)
        fault = header_fault("cdr", form, None, first_line)
        with _connection(settings) as con:
            decoded = decode_cdr(apart, con, entry, {switch_id})
            calls = str(apart.raw / "calls" / f"{entry.file_id}.parquet")
            found = con.execute(
                f"select {', '.join(COLUMNS)} from read_parquet(?) order by line_number limit ?", [calls, most]
            ).fetchall()
        malformed = first_set_aside(apart.raw, entry.file_id, most)
        ignored = first_set_aside(apart.raw, entry.file_id, most, "ignored")
        reasons = ignored_reasons(apart.raw, entry.file_id)
    records = [dict(zip(COLUMNS, row, strict=True)) for row in found]
    return Checked(decoded, day, records, malformed, ignored, reasons, fault or decoded.content_fault)


def _entry(path: Path, form: str, switch_id: str, day: date) -> tuple[FileEntry, bytes]:
    """The file as a pull would register it, and its first line."""
    delimiter = load_cdr_format(form).delimiter.encode()
    unpack = unpacker(packing_of(path.name))
    head, lines, delimiters, last = b"", 0, 0, b"\n"
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                for text in unpack.feed(chunk):
                    head += text[: 1 << 16] if b"\n" not in head else b""
                    lines += text.count(b"\n")
                    delimiters += text.count(delimiter) if delimiter else 0
                    last = text[-1:] or last
        unpack.finish()
    except (OSError, PackingError) as error:
        raise UsageError(f"{path}: it cannot be read: {error}") from error
    entry = FileEntry(
        file_id="checked",
        source="",
        file_kind="cdr",
        format=form,
        file_name=path.name,
        base_name=path.name,
        size_bytes=path.stat().st_size,
        sha256="",
        landing_path=str(path.absolute()),
        content_lines=lines + (last != b"\n"),
        content_delimiters=delimiters,
        switch_id=switch_id,
        file_date=day,
    )
    return entry, head.split(b"\n", 1)[0]


def _day_in(name: str) -> date | None:
    for digits in re.findall(r"(?=(20[0-9]{6}))", name):
        try:
            return datetime.strptime(digits, "%Y%m%d").date()
        except ValueError:
            continue
    return None


def _day_at(name: str, zone: str, branch_zone: str) -> date | None:
    """The branch's day at the first date and time in a name that is written in a zone."""
    for digits in re.findall(r"(?=(20[0-9]{10}))", name):
        try:
            moment = datetime.strptime(digits, "%Y%m%d%H%M").replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            continue
        return moment.astimezone(ZoneInfo(branch_zone)).date()
    return None


@contextmanager
def _connection(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": settings.threads}) as con:
        yield con
