"""raw/malformed and raw/ignored: the lines of a file that do not parse, and the records that are not calls, kept as text with
field and reason. One Parquet file per file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.ingestion.file_reading.bounds import watch
from orchestration.settings import Settings

_ROWS_AT_ONCE = 50_000
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
    """Where the records of a file that are not calls are kept."""
    return settings.raw / "ignored" / f"{file_id}.parquet"


def ignored_reasons(raw: Path, file_id: str) -> list[tuple[str, int]]:
    """Why records of a file are ignored, and how many for each reason; the call of a leg is not named."""
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
    found: list[SetAsideLine] = []
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=["line_number", "record_text", "field", "reason"]):
            found += [SetAsideLine(**row) for row in batch.sort_by("line_number").slice(0, most).to_pylist()]
            found = sorted(found, key=lambda line: line.line_number)[:most]
    return found


def set_aside_reasons(raw: Path, file_id: str) -> Iterator[str]:
    """Why lines of a file were set aside, one for each of them."""
    path = raw / "malformed" / f"{file_id}.parquet"
    if path.is_file():
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=["reason"]):
                yield from batch["reason"].to_pylist()


def write_set_aside(settings: Settings, file_id: str, lines: list[SetAsideLine]) -> None:
    """Write a file's set-aside lines, replacing those of an earlier decode; no lines, no file."""
    target = malformed_path(settings, file_id)
    if not lines:
        target.unlink(missing_ok=True)
        return
    lines.sort(key=lambda line: line.line_number)
    write_rows(({"file_id": file_id, **vars(line)} for line in lines), _SCHEMA, target)


def write_rows(rows: Iterable[Mapping[str, Any]], schema: pa.Schema, target: Path) -> None:
    """Write a complete Parquet file, some rows at a time, so that memory never holds all rows twice.

    Raises BoundExceeded where the file at work takes too much of it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part, left = target.with_suffix(".parquet.tmp"), iter(rows)
    try:
        with pq.ParquetWriter(part, schema, compression="lz4") as writer:
            while some := list(islice(left, _ROWS_AT_ONCE)):
                writer.write_table(pa.Table.from_pylist(some, schema=schema))
                watch().check_memory()
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def write_table(table: pa.Table, target: Path) -> None:
    """Write a Parquet file in one step: nobody sees half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".parquet.tmp")
    pq.write_table(table, part, compression="lz4")
    part.replace(target)
