"""Putting files into an inbox delivery by delivery, and whole branches beside one another. Nothing here runs anything."""

from __future__ import annotations

import csv
import os
import re
import shutil
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

from tests.integration.harness import Branch

CALL_COLUMNS = "record_number,calling_number,called_number,trunk_group_in,trunk_group_out,started_at,duration_seconds,release_cause"
_DATED = re.compile(r"_(\d{8})[_.]")


def file_date(name: str) -> date | None:
    """The date in a file's (or its companion's) name."""
    match = _DATED.search(name)
    return datetime.strptime(match[1], "%Y%m%d").date() if match else None


def deliver(city: Path, inbox: Path, chosen: Callable[[Path, date | None], bool]) -> int:
    """Copy the chosen files of a city (by path inside it and date) into an inbox, each once; how many came."""
    came = 0
    for path in sorted(path for path in city.rglob("*") if path.is_file()):
        inside = path.relative_to(city)
        target = inbox / inside
        if not target.exists() and chosen(inside, file_date(path.name)):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
            came += 1
    return came


def copied(branch: Branch, home: Path, reference: Path | None = None) -> Branch:
    """A branch with the same state in another place. What is never written into is linked, the rest copied."""

    def copy(source: str, target: str) -> None:
        if source.endswith((".parquet", ".csv", ".gz", ".zst", ".html", ".js")):
            os.link(source, target)
        else:
            shutil.copy2(source, target)

    shutil.copytree(branch.home, home, copy_function=copy)
    return Branch(home, reference or branch.reference)


def write_calls(inbox: Path, switch_id: str, day: str, sequence: int, calls: Sequence[Sequence[str]]) -> str:
    """Write a canonical CDR file of the calls (fields after the record number) into a switch's folder; its name."""
    path = inbox / "cdr" / switch_id / f"{switch_id}_{day}_{sequence:06d}.csv"
    lines = [",".join([str(number), *fields]) for number, fields in enumerate(calls, start=1)]
    path.write_text("\n".join([CALL_COLUMNS, *lines, ""]), encoding="utf-8")
    return path.name


def next_sequence(inbox: Path, switch_id: str) -> int:
    """The number after a switch's last file."""
    names = [path.name for path in (inbox / "cdr" / switch_id).iterdir()]
    numbers = [int(match[1]) for name in names if (match := re.match(rf"{switch_id}_\d{{8}}_(\d{{6}})\.csv", name))]
    return 1 + max(number for number in numbers if number < 999_999)


def newest_export(inbox: Path, table: str) -> list[dict[str, str]]:
    """The rows of a table's newest snapshot."""
    path = max((inbox / "customers").glob(f"{table}_????????.csv"))
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_export(inbox: Path, table: str, day: str, rows: Sequence[dict[str, str]]) -> None:
    """Write a snapshot of a table."""
    with (inbox / "customers" / f"{table}_{day}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
