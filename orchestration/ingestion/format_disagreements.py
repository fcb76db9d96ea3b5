"""Switches with different formats in the reference book and in sources.yml. The source's format decides how a file is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from orchestration.ingestion.file_reading.declared_paths import SUFFIX
from orchestration.ledger.schema import FileEntry


def format_disagreements(switches: Iterable[Mapping[str, str]], files: Iterable[FileEntry]) -> list[str]:
    """One message for each switch and source whose newest call file was read in another format than `switches.csv` names.

    A format that is named by a path is known by the path's last part.
    """
    named = {row["switch_id"]: row["cdr_format"] for row in switches}
    newest = {(entry.switch_id, entry.source): entry for entry in files if entry.file_kind == "cdr"}
    return [
        f"switch {switch_id}: switches.csv has cdr_format {named[switch_id]}, the source {source} has format {entry.format}, and its "
        "files are read by that; correct whichever is wrong"
        for (switch_id, source), entry in sorted(newest.items(), key=lambda item: (item[0][0] or "", item[0][1]))
        if switch_id in named and _name(named[switch_id]) != _name(entry.format)
    ]


def _name(form: str) -> str:
    return Path(form).name.removesuffix(SUFFIX)
