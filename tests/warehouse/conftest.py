"""A raw zone made by hand: call files of a few records each, with the ledger's view of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.ingestion.cdr.decoding import pieces_path
from orchestration.ingestion.cdr.rules import PIECES, pieces_sql
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.schema import CallDay, DecodedFile, NewFile


@dataclass(frozen=True)
class Call:
    """A record; two with the same fields are the same call."""

    calling: str = "2340001"
    called: str = "2340002"
    started_at: str = "2026-03-01 10:00:00"
    seconds: int = 60
    trunk_in: str | None = None
    charge_party: str | None = None
    piece: str | None = None
    reference: str | None = None
    cause: int = 16
    started_at_utc: str | None = None


class RawZone:
    """Writes call files as the decoder would, and registers them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.con = duckdb.connect()
        self.ledger = FileLedger(folder / "ledger.sqlite")
        (folder / "calls").mkdir()

    def deliver(
        self,
        name: str,
        file_date: str,
        calls: list[Call],
        *,
        malformed: int = 0,
        ignored: int = 0,
        declared: int | None = None,
        content: str = "",
    ) -> str:
        """Register a decoded file of switch S1; its id is its name."""
        day = date.fromisoformat(file_date)
        rows, days = [], {}
        for number, call in enumerate(calls, start=1):
            start = datetime.fromisoformat(call.started_at)
            end = (start + timedelta(seconds=call.seconds)).date()
            spans = timedelta(days=1) <= day - start.date() <= timedelta(days=7) and end >= day
            other = start.date() != day and not spans
            rows.append(
                (
                    name,
                    number,
                    number + 1,
                    call.calling,
                    call.called,
                    call.trunk_in,
                    None,
                    start,
                    start.date(),
                    call.seconds,
                    call.cause,
                    other,
                    call.charge_party,
                    call.piece,
                    call.reference,
                    call.started_at_utc,
                )
            )
            records, others, last = days.get(start.date(), (0, 0, 1))
            days[start.date()] = (records + 1, others + other, max(last, (end - start.date()).days))
        self.con.execute(
            "create or replace table records (file_id varchar, record_number bigint, line_number bigint, calling_number varchar, "
            "called_number varchar, trunk_group_in varchar, trunk_group_out varchar, started_at timestamp, call_date date, "
            "duration_seconds integer, release_cause integer, is_other_day boolean, charge_party varchar, partial_kind varchar, "
            "call_reference varchar, started_at_utc timestamp)"
        )
        if rows:
            self.con.executemany(f"insert into records values ({', '.join('?' * 16)})", rows)
        self.con.execute(
            f"copy (select *, hash('S1', calling_number, called_number, started_at, duration_seconds, trunk_group_in, "
            f"started_at_utc) as key_hash from records) to '{self.folder / 'calls' / name}.parquet' (format parquet)"
        )
        if any(call.piece in PIECES for call in calls):
            pieces_path(self.folder, name).parent.mkdir(exist_ok=True)
            pieces = pieces_sql(f"read_parquet('{self.folder / 'calls' / name}.parquet')")
            self.con.execute(f"copy ({pieces}) to '{pieces_path(self.folder, name)}' (format parquet)")
        self.ledger.register(
            NewFile(
                file_id=name,
                source="cdr/S1",
                file_kind="cdr",
                format="canonical",
                file_name=name,
                base_name=name,
                size_bytes=1,
                sha256=name,
                landing_path=name,
                content_sha256=content or name,
                switch_id="S1",
                file_date=day,
                declared_records=declared,
            )
        )
        self.ledger.record_decode(
            DecodedFile(
                name,
                "by hand",
                read_records=len(calls) + malformed + ignored,
                malformed=malformed,
                days=tuple(CallDay(d, *found) for d, found in days.items()),
                ignored=ignored,
            )
        )
        return name

    def status(self, name: str) -> str:
        """What became of a file."""
        return self.ledger.file(name).status


@pytest.fixture
def zone(tmp_path: Path) -> Iterator[RawZone]:
    made = RawZone(tmp_path)
    yield made
    made.con.close()
    made.ledger.close()
