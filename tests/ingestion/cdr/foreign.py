"""Decoding a file of a foreign switch by itself: what the tests of each format look at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.ingestion.cdr import decoding, small_files
from orchestration.ingestion.cdr.formats.registry import load_cdr_format
from orchestration.ledger.schema import DecodedFile, FileEntry
from orchestration.settings import Settings

DAY = date(2026, 3, 1)
RECORD = (
    "record_number, calling_number, called_number, trunk_group_in, trunk_group_out, "
    "strftime(started_at, '%Y-%m-%d %H:%M:%S'), duration_seconds, release_cause"
)


@dataclass
class Read:
    """What became of a file."""

    decoded: DecodedFile
    records: list[tuple[Any, ...]]
    said: list[tuple[Any, ...]]  # call_kind, charge_party, partial_kind, call_reference
    malformed: list[tuple[Any, ...]]  # line_number, field, reason
    texts: list[str]  # of the malformed records
    in_one_pass: bool
    ignored: list[tuple[Any, ...]]  # line_number, reason
    ignored_texts: list[str]
    charged: list[str | None]
    instants: list[str | None]

    @property
    def payers(self) -> dict[int, str]:
        """The charged number of the records that have one, by record number."""
        return {row[0]: number for row, number in zip(self.records, self.charged, strict=True) if number is not None}

    @property
    def no_calls(self) -> dict[int, str]:
        """Why a record was ignored, by line number."""
        return dict(self.ignored)


def read(
    home: Path, content: bytes | str, form: str | Path, day: date = DAY, zone: str = "Asia/Shanghai", name: str = "x"
) -> Read:
    """Decode the content of a file of switch SW1 by a format."""
    data = content.encode() if isinstance(content, str) else content
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(home), "TOLLHOUSE_TIME_ZONE": zone})
    settings.landing.mkdir(parents=True, exist_ok=True)
    (settings.landing / name).write_bytes(data)
    unpacked = data if name == "x" else b""
    entry = FileEntry(
        file_id="f1",
        source="s",
        file_kind="cdr",
        format=str(form),
        file_name=name,
        base_name=name,
        size_bytes=len(data),
        sha256="",
        landing_path=f"landing/{name}",
        content_lines=unpacked.count(b"\n") + (unpacked[-1:] not in (b"\n", b"")),
        switch_id="SW1",
        file_date=day,
    )
    slow = []
    before = decoding.CdrFile.read_record_by_record

    def noted(work: decoding.CdrFile) -> None:
        slow.append(True)
        before(work)

    decoding.CdrFile.read_record_by_record = noted  # type: ignore[method-assign]
    try:
        with duckdb.connect() as con:
            decoded = decoding.decode_cdr(settings, con, entry, {"SW1"})
            was_slow = bool(slow)
            if load_cdr_format(entry.format).is_text:
                assert_small_files_agree(settings, con, entry, decoded)
            calls = f"read_parquet('{settings.raw}/calls/f1.parquet') order by record_number"
            bad = settings.raw / "malformed" / "f1.parquet"
            faults = (
                con.execute(f"select line_number, field, reason, record_text from read_parquet('{bad}')").fetchall()
                if bad.is_file()
                else []
            )
            kept = settings.raw / "ignored" / "f1.parquet"
            ignored = (
                con.execute(f"select line_number, reason, record_text from read_parquet('{kept}')").fetchall()
                if kept.is_file()
                else []
            )
            more = con.execute(
                f"select charged_number, strftime(started_at_utc, '%Y-%m-%d %H:%M:%S') from {calls}"
            ).fetchall()
            return Read(
                decoded,
                con.execute(f"select {RECORD} from {calls}").fetchall(),
                con.execute(f"select call_kind, charge_party, partial_kind, call_reference from {calls}").fetchall(),
                [row[:3] for row in faults],
                [row[3] for row in faults],
                not was_slow,
                [row[:2] for row in ignored],
                [row[2] for row in ignored],
                [row[0] for row in more],
                [row[1] for row in more],
            )
    finally:
        decoding.CdrFile.read_record_by_record = before  # type: ignore[method-assign]


def assert_small_files_agree(
    settings: Settings, con: duckdb.DuckDBPyConnection, entry: FileEntry, decoded: DecodedFile
) -> None:
    """Decoded among others at once, a file gives what it gave by itself: the same figures, and the same rows in the raw zone.

    The others are the same content under other ids, one of them of a switch and a date of its own.
    """
    assert entry.file_date is not None
    others = [replace(entry, file_id="f2"), replace(entry, file_id="f3", switch_id="SW2", file_date=date(2027, 1, 1))]
    together = replace(settings, home=settings.home / "together")
    together.home.mkdir(exist_ok=True)
    if not together.landing.exists():
        together.landing.symlink_to(settings.landing)
    first, *_ = small_files.decode_small_files(together, con, [entry, *others], {"SW1", "SW2"})
    assert first == decoded
    for folder in ("calls", "pieces", "malformed", "ignored"):
        alone, among = (home.raw / folder / f"{entry.file_id}.parquet" for home in (settings, together))
        assert among.is_file() == alone.is_file(), folder
        if alone.is_file():
            rows = [con.execute(f"select * from '{path}' order by line_number").fetchall() for path in (alone, among)]
            assert rows[0] == rows[1], folder
