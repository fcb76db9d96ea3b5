"""Reads a made city back with plain code of its own, sharing nothing with the generator or the product."""

from __future__ import annotations

import csv
import gzip
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import zstandard

CDR_NAME = re.compile(r"^([A-Z0-9]+)_(\d{8})_(\d{6})\.csv(\.gz|\.zst)?$")
Row = dict[str, str]


def read_csv(path: Path) -> list[Row]:
    """A CSV file's rows."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_book(folder: Path) -> dict[str, list[Row]]:
    """The reference book's tables."""
    return {path.stem: read_csv(path) for path in sorted(folder.glob("*.csv"))}


@dataclass(frozen=True)
class Delivered:
    """A CDR file as a reader finds it: lines below the header as raw bytes."""

    name: str
    folder: str
    switch_id: str
    day: date
    sequence: int
    lines: list[bytes]


def unpack(path: Path) -> bytes:
    """The content, unpacked by the name's end."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(content)
    if path.suffix == ".zst":
        return zstandard.ZstdDecompressor().decompress(content)
    return content


def delivered_files(cdr: Path) -> tuple[dict[str, Delivered], list[str], list[str]]:
    """CDR files by name; the names that are of no pattern; the names that cannot be unpacked."""
    files: dict[str, Delivered] = {}
    odd, unreadable = [], []
    for path in sorted(cdr.glob("*/*")):
        if path.suffix in (".ctl", ".part") or path.name.startswith("."):
            continue
        match = CDR_NAME.match(path.name)
        if not match:
            odd.append(path.name)
            continue
        try:
            lines = unpack(path).split(b"\n")
        except (EOFError, gzip.BadGzipFile):
            unreadable.append(path.name)
            continue
        if lines[0].endswith(b",charged_number"):
            lines = [line.rpartition(b",")[0] for line in lines]
        day = datetime.strptime(match[2], "%Y%m%d").date()
        files[path.name] = Delivered(path.name, path.parent.name, match[1], day, int(match[3]), lines[1:-1])
    return files, odd, unreadable


def why_malformed(line: bytes, day: date, seen: set[str]) -> str:
    """The planted kind of malformation, or nothing; `seen` gathers the file's record numbers."""
    try:
        fields = line.decode("utf-8").split(",")
    except UnicodeDecodeError:
        return "not_utf8"
    if len(fields) != 8:
        return "too_few_columns" if len(fields) < 8 else "too_many_columns"
    number, calling, called, trunk_in, _, started, duration, cause = fields
    if number in seen:
        return "repeated_record_number"
    seen.add(number)
    if not calling and not trunk_in:
        return "empty_calling_number"
    if not all(set(text) <= set("0123456789+ -().#*") for text in (calling, called)):
        return "letters_in_number"
    if not re.fullmatch(r"-?\d+", duration):
        return "duration_no_number"
    if int(duration) < 0:
        return "negative_duration"
    if int(duration) > 604_800:
        return "duration_over_seven_days"
    if not re.fullmatch(r"\d+", cause):
        return "bad_cause"
    try:
        start = datetime.strptime(started, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return "bad_time" if " 25:" in started else "bad_date"
    return "date_after_file" if start.date() > day + timedelta(days=1) else ""


def plain_number(text: str) -> str:
    """The normalised number; a service code keeps its signs."""
    if text[:1] in ("*", "#"):
        return re.sub(r"[ \-().]", "", text)
    return re.sub(r"[ \-().#*]", "", text.replace("+", "00", 1) if text.startswith("+") else text)
