"""CDR files of the canonical format: the call table cut by switch, day and slot, rendered, numbered and written.

What goes wrong with a file is decided in faults; here are only the ways to say it (fields of CdrFile).
"""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import zstandard

from seeds.demo_city.book import Book
from seeds.demo_city.calendar import Calendar
from seeds.demo_city.calls import DAY, Calls, Texts

HEADER = (
    b"record_number,calling_number,called_number,trunk_group_in,trunk_group_out,"
    b"started_at,duration_seconds,release_cause\n"
)
#: How each switch delivers: packing, and whether a .ctl companion comes with the file.
DELIVERY = {
    "SC1": ("", True),
    "SC2": (".gz", False),
    "ST1": (".zst", True),
    "SE1": ("", False),
    "SW1": (".gz", True),
    "SH1": ("", False),
    "SQ1": (".zst", False),
}


@dataclass
class CdrFile:
    """One file to deliver: its lines, what its companion says, and what is wrong with it."""

    switch_id: str
    day: date
    slot: int
    body: bytes
    records: int
    seconds: int
    packing: str
    has_ctl: bool
    has_planted_calls: bool
    sequence: int = 0
    is_delivered: bool = True
    is_rejected: bool = False
    is_used: bool = False
    ctl_records: int | None = None
    ctl_seconds: int | None = None
    cut_to: float | None = None
    #: What a switch with a wrong clock writes into the name in the place of the day.
    clock_day: date | None = None
    #: By record number, the number that the record says pays: a file with one has the ninth column.
    charged: dict[int, str] = field(default_factory=dict)

    @property
    def plain_name(self) -> str:
        """The canonical name without packing."""
        return f"{self.switch_id}_{self.clock_day or self.day:%Y%m%d}_{self.sequence:06d}.csv"

    @property
    def name(self) -> str:
        """The name as delivered."""
        return self.plain_name + self.packing

    def append(self, line: bytes, seconds: int = 0) -> int:
        """Add a line; `{n}` in it becomes its record number, which is returned."""
        self.records += 1
        self.seconds += seconds
        self.body += line.replace(b"{n}", str(self.records).encode()) + b"\n"
        return self.records

    def lines(self) -> list[list[str]]:
        """The records as fields."""
        return [line.split(",") for line in self.body.decode("utf-8").splitlines()]

    def packed(self) -> bytes:
        """The bytes as delivered."""
        if not self.charged:
            return pack(HEADER + self.body, self.packing)
        lines = enumerate(self.body.splitlines(), start=1)
        body = b"".join(line + b"," + self.charged.get(number, "").encode() + b"\n" for number, line in lines)
        return pack(HEADER[:-1] + b",charged_number\n" + body, self.packing)


def pack(content: bytes, packing: str) -> bytes:
    """Pack, the same bytes each time."""
    if packing == ".gz":
        return gzip.compress(content, compresslevel=4, mtime=0)
    if packing == ".zst":
        return zstandard.ZstdCompressor(level=3).compress(content)
    return content


def files_per_day(book: Book) -> dict[str, int]:
    """How many files each switch of the canonical format writes a day; 1 where the book does not say."""
    return {
        row["switch_id"]: int(row["expected_files_per_day"] or 1)
        for row in book["switches"]
        if row["cdr_format"] == "canonical"
    }


def cut_into_files(calls: Calls, texts: Texts, book: Book, calendar: Calendar, first: int) -> list[CdrFile]:
    """Every switch, day and slot's file, records in the order of the calls' ends; empty ones too."""
    slots = files_per_day(book)
    switch_ids = list(slots)
    order_of_text = np.full(len(texts.values), -1)
    for order, switch_id in enumerate(switch_ids):
        order_of_text[texts.place(switch_id) if switch_id in texts.values else 0] = order
    switch = order_of_text[calls.switch]
    per_day = np.array([slots[switch_id] for switch_id in switch_ids])[switch]
    end = calls.start + calls.duration - first
    slot = end % DAY * per_day // DAY
    key = (switch * (len(calendar.days) + 2) + end // DAY) * 100 + slot
    by_file = np.lexsort((calls.called, calls.calling, calls.start, end, key))
    calls, key = calls.take(by_file), key[by_file]
    table = _text_columns(calls, texts)
    files: list[CdrFile] = []
    for order_number, switch_id in enumerate(switch_ids):
        packing, has_ctl = DELIVERY.get(switch_id, ("", False))
        for number, day in enumerate(calendar.days):
            for place in range(slots[switch_id]):
                wanted = (order_number * (len(calendar.days) + 2) + number) * 100 + place
                begin, stop = np.searchsorted(key, [wanted, wanted + 1])
                body = _render(table, int(begin), int(stop))
                seconds = int(calls.duration[begin:stop].sum())
                planted = bool(calls.planted[begin:stop].any())
                files.append(
                    CdrFile(switch_id, day, place, body, int(stop - begin), seconds, packing, has_ctl, planted)
                )
    return files


def _text_columns(calls: Calls, texts: Texts) -> pa.Table:
    pool = pa.array(texts.values)
    return pa.table(
        {
            "calling_number": pool.take(pa.array(calls.calling)),
            "called_number": pool.take(pa.array(calls.called)),
            "trunk_group_in": pool.take(pa.array(calls.trunk_in)),
            "trunk_group_out": pool.take(pa.array(calls.trunk_out)),
            "started_at": pa.array(calls.start).cast(pa.timestamp("s")),
            "duration_seconds": pa.array(calls.duration),
            "release_cause": pa.array(calls.cause),
        }
    )


def _render(table: pa.Table, begin: int, stop: int) -> bytes:
    if begin == stop:
        return b""
    part = table.slice(begin, stop - begin)
    part = part.add_column(0, "record_number", pa.array(np.arange(1, stop - begin + 1)))
    sink = io.BytesIO()
    pa_csv.write_csv(part, sink, pa_csv.WriteOptions(include_header=False, quoting_style="none"))
    return sink.getvalue()


def number_files(files: list[CdrFile]) -> list[CdrFile]:
    """Give each switch's files their sequence numbers in order of day and slot; undelivered ones have theirs too."""
    ordered = sorted(files, key=lambda file: (file.switch_id, file.day, file.slot))
    last: dict[str, int] = {}
    for file in ordered:
        last[file.switch_id] = last.get(file.switch_id, 0) + 1
        file.sequence = last[file.switch_id]
    return ordered


def sequence_gaps(files: list[CdrFile]) -> list[dict[str, object]]:
    """Runs of missing numbers between the delivered files of a switch that will not be rejected."""
    gaps: list[dict[str, object]] = []
    last: dict[str, int] = {}
    for file in files:
        if not file.is_delivered or file.is_rejected:
            continue
        before = last.get(file.switch_id)
        if before is not None and file.sequence > before + 1:
            gaps.append({"switch_id": file.switch_id, "missing_from": before + 1, "missing_to": file.sequence - 1})
        last[file.switch_id] = file.sequence
    return gaps


def write_files(files: list[CdrFile], folder: Path) -> int:
    """Write the delivered files and their companions into `<folder>/<switch_id>/`; returns how many."""
    for switch_id in {file.switch_id for file in files}:
        (folder / switch_id).mkdir(parents=True, exist_ok=True)
    written = 0
    for file in files:
        if not file.is_delivered:
            continue
        content = file.packed()
        if file.cut_to is not None:
            content = content[: int(len(content) * file.cut_to)]
        path = folder / file.switch_id / file.name
        path.write_bytes(content)
        written += 1
        if file.has_ctl:
            records = file.records if file.ctl_records is None else file.ctl_records
            seconds = file.seconds if file.ctl_seconds is None else file.ctl_seconds
            path.with_name(path.name + ".ctl").write_text(f"records={records}\nseconds={seconds}\n", encoding="utf-8")
    return written


def day_before(day: date) -> date:
    """Yesterday."""
    return day - timedelta(days=1)
