"""A small intake in a folder of its own: what the tests of this room deliver files to and look at the results with."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.ingestion.decoding import decode_registered
from orchestration.ingestion.landing.pulling import PullResult, pull
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.schema import DecodedFile, FileEntry
from orchestration.settings import Settings
from orchestration.warehouse.file_verdicts.exports import check_exports

HEADER = "record_number,calling_number,called_number,trunk_group_in,trunk_group_out,started_at,duration_seconds,release_cause"
RESULT_CODES = {("ICBC", "00"): "success", ("ICBC", "51"): "failed"}
LONG_AGO = itertools.count(1_000_000_000)  # each delivery a second later, as a rewritten file has another time


@dataclass
class Intake:
    """Settings, ledger and connection on a temporary home."""

    settings: Settings
    ledger: FileLedger
    con: duckdb.DuckDBPyConnection

    def deliver(self, folder: str, name: str, content: str | bytes, settled: bool = True) -> Path:
        """Put a file into an inbox folder, as if written long ago unless it is not `settled`."""
        path = self.settings.inbox / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        if settled:
            written_at = next(LONG_AGO)
            os.utime(path, (written_at, written_at))
        return path

    def pull(self, settle_seconds: float = 0.05) -> PullResult:
        """Pull with a short wait."""
        return pull(self.settings, self.ledger, settle_seconds=settle_seconds)

    def decode(
        self, switches: set[str] | None = None, codes: dict[tuple[str, str], str] | None = None
    ) -> list[DecodedFile]:
        """Decode what is registered; SW1 is known."""
        known = {"SW1"} if switches is None else switches
        return decode_registered(
            self.settings, self.ledger, known, result_codes=RESULT_CODES if codes is None else codes
        )

    def check_exports(self, rows: str | None = "0.05", shrink: str | None = "0.5") -> list[FileEntry]:
        """Check the decoded exports; those held."""
        limits = [None if limit is None else Decimal(limit) for limit in (rows, shrink)]
        return check_exports(self.ledger, self.settings.raw, *limits)

    def cdr(self, *lines: str, name: str = "SW1_20260105_000001.csv", header: str = HEADER) -> DecodedFile:
        """Deliver, pull and decode one CDR file."""
        self.deliver("cdr/SW1", name, "\n".join([header, *lines]) + "\n")
        self.pull()
        return self.decode()[-1]

    def only_file(self) -> FileEntry:
        """The one registered file."""
        (entry,) = self.ledger.files()
        return entry

    def rows(self, kind: str, file_id: str, columns: str = "*") -> list[tuple[Any, ...]]:
        """Rows of a raw Parquet file; none where there is no file."""
        path = self.settings.raw / kind / f"{file_id}.parquet"
        if not path.is_file():
            return []
        return self.con.execute(f"select {columns} from read_parquet('{path}')").fetchall()

    def malformed(self, file_id: str) -> list[tuple[int, str, str]]:
        """Line number, field and reason of what was set aside."""
        return self.rows("malformed", file_id, "line_number, field, reason")
