"""raw/malformed and raw/ignored: the lines of a file that do not parse, and the records that are no calls, kept as text with
field and reason. One Parquet file per file."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.settings import Settings

_SCHEMA = pa.schema(
    [
        ("file_id", pa.string()),
        ("line_number", pa.int64()),
        ("record_text", pa.string()),
        ("field", pa.string()),
        ("reason", pa.string()),
    ]
)


@dataclass(frozen=True)
class SetAsideLine:
    """A line that was set aside."""

    line_number: int
    record_text: str
    field: str
    reason: str


def malformed_path(settings: Settings, file_id: str) -> Path:
    """Where the lines of a file that do not parse are kept."""
    return settings.raw / "malformed" / f"{file_id}.parquet"


def ignored_path(settings: Settings, file_id: str) -> Path:
    """Where the records of a file that are no calls are kept."""
    return settings.raw / "ignored" / f"{file_id}.parquet"


def ignored_reasons(raw: Path, file_id: str) -> list[tuple[str, int]]:
    """Why records of a file are ignored, and how many for each reason; of legs the call is not told."""
    path = raw / "ignored" / f"{file_id}.parquet"
    if not path.is_file():
        return []
    reasons = Counter(
        "leg of a call of which another counts"
        if reason.startswith("ignored: leg of the call ")
        else reason.removeprefix("ignored: ")
        for reason in pq.read_table(path, columns=["reason"])["reason"].to_pylist()
    )
    return sorted(reasons.items(), key=lambda counted: (-counted[1], counted[0]))


def first_set_aside(raw: Path, file_id: str, most: int, folder: str = "malformed") -> list[SetAsideLine]:
    """The first lines of a file that were set aside in a folder of the raw zone, none where all of it was read."""
    path = raw / folder / f"{file_id}.parquet"
    if not path.is_file():
        return []
    rows = pq.read_table(path, columns=["line_number", "record_text", "field", "reason"]).sort_by("line_number")
    return [SetAsideLine(**row) for row in rows.slice(0, most).to_pylist()]


def write_set_aside(settings: Settings, file_id: str, lines: list[SetAsideLine]) -> None:
    """Write a file's set-aside lines, replacing those of an earlier decode; no lines, no file."""
    target = malformed_path(settings, file_id)
    if not lines:
        target.unlink(missing_ok=True)
        return
    rows = [{"file_id": file_id, **vars(line)} for line in sorted(lines, key=lambda line: line.line_number)]
    write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), target)


def write_table(table: pa.Table, target: Path) -> None:
    """Write a Parquet file whole: nobody sees half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".parquet.tmp")
    pq.write_table(table, part, compression="lz4")
    os.replace(part, target)
