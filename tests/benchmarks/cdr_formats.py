"""Records a second of each way of decoding: `python -m tests.benchmarks.cdr_formats [RECORDS]`.

Time is the processor's, of all threads, so that a busy machine does not count. Of binary records also the decoding to fields
alone, and as a ratio against a decoder that goes record by record in Python.
"""

from __future__ import annotations

import random
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from orchestration.ingestion.cdr.decoding import decode_cdr
from orchestration.ingestion.cdr.formats.registry import load_cdr_format
from orchestration.ingestion.cdr.layouts import binary
from orchestration.ledger.schema import FileEntry
from orchestration.settings import Settings

_BEGIN = datetime(2026, 3, 1, 8)
_CANONICAL = "record_number,calling_number,called_number,trunk_group_in,trunk_group_out,started_at,duration_seconds,release_cause\n"


def calls(records: int) -> list[tuple[int, str, str, datetime, int]]:
    """Number, caller, called, answer, seconds."""
    chance = random.Random(1)
    return [
        (
            at,
            f"22{chance.randrange(100_000):05}",
            f"0{chance.randrange(10**9):09}",
            _BEGIN + timedelta(seconds=at % 40_000),
            chance.randrange(1, 600),
        )
        for at in range(1, records + 1)
    ]


def canonical(made: list[tuple[int, str, str, datetime, int]]) -> bytes:
    """The calls as canonical lines."""
    return (_CANONICAL + "".join(f"{n},{a},{b},,T1,{t},{s},16\n" for n, a, b, t, s in made)).encode()


def asterisk(made: list[tuple[int, str, str, datetime, int]]) -> bytes:
    """The calls as Asterisk writes them by default."""
    return "".join(
        f'"","{a}","{b}","internal","""X"" <{a}>","PJSIP/{a}-01","PJSIP/trunk1-02","Dial","PJSIP/{b}","{t}","{t}","{t}",{s},{s},'
        f'"ANSWERED","DOCUMENTATION","{n}.1",""\n'
        for n, a, b, t, s in made
    ).encode()


def igwb(made: list[tuple[int, str, str, datetime, int]]) -> bytes:
    """The calls as 80-byte records."""
    return b"".join(
        struct.pack("<IBBBB", n, 1, 0, 1, 1)
        + bytes([t.year - 2000, t.month, t.day, t.hour, t.minute, t.second])
        + bytes(6)
        + struct.pack("<I", s * 100)
        + bytes.fromhex(a.ljust(20, "f"))
        + bytes.fromhex(b.ljust(20, "f"))
        + struct.pack("<HHHI", 0xFFFF, 12, 16, 0)
        + bytes(26)
        for n, a, b, t, s in made
    )


def record_by_record(content: bytes) -> int:
    """What the numpy decoder is measured against: the same fields of each record with struct and strings."""
    rows = []
    for at in range(0, len(content), 80):
        one = content[at : at + 80]
        kind, charged = one[6], one[7]
        year, month, day, hour, minute, second = one[8:14]
        (duration,) = struct.unpack_from("<I", one, 20)
        caller, called = one[24:34].hex().rstrip("f"), one[34:44].hex().rstrip("f")
        trunk_in, trunk_out, cause, reference = struct.unpack_from("<HHHI", one, 44)
        began = f"20{year:02}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
        rows.append((caller, called, trunk_in, trunk_out, cause, kind, charged, one[5] & 3, reference, began, duration))
    return len(rows)


def _seconds(work: Callable[[], object]) -> float:
    """The best of three."""
    took = []
    for _ in range(3):
        begin = time.process_time()
        work()
        took.append(time.process_time() - begin)
    return min(took)


def main() -> None:
    """Print the figures."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
    made = calls(records)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": 2}) as con:
        settings = Settings.from_environment({"TOLLHOUSE_HOME": folder})
        for form, write in (("canonical", canonical), ("asterisk", asterisk), ("huawei_igwb", igwb)):
            content = write(made)
            path = Path(folder) / form
            path.write_bytes(content)
            entry = FileEntry(
                file_id=form, source="s", file_kind="cdr", format=form, file_name=form, base_name=form,
                size_bytes=len(content), sha256="", landing_path=form, content_lines=content.count(b"\n"),
                content_delimiters=content.count(b","), switch_id="SW1", file_date=date(2026, 3, 1),
            )  # fmt: skip
            decoded = decode_cdr(settings, con, entry, {"SW1"})
            assert (decoded.read_records, decoded.malformed) == (records, 0)
            took = _seconds(lambda entry=entry: decode_cdr(settings, con, entry, {"SW1"}))  # type: ignore[misc]
            print(f"{form}: {records / took:,.0f} records/s from the file to Parquet, by all rules")
        layout, path = load_cdr_format("huawei_igwb"), Path(folder) / "huawei_igwb"
        content = path.read_bytes()
        fast = _seconds(lambda: sum(batch.num_rows for batch in binary.batches(path, layout, with_text=False)))
        slow = _seconds(lambda: record_by_record(content))
        print(
            f"huawei_igwb, to fields alone: {records / fast:,.0f} records/s by numpy, {slow / fast:.1f} times record by record"
        )


if __name__ == "__main__":
    main()
