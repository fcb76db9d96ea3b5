"""Building the raw zone again from the landed files, beside the present one. Statuses and decisions stay: files are decoded
within their bounds, but get no verdict.

Rejected files are not decoded, as ever. One whose decode depends on what has changed since is left to the next run, which
decides by what it finds.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from orchestration.errors import TollhouseError
from orchestration.ingestion.decoding import decode_again, decode_signature
from orchestration.ingestion.landed.landed_files import landed_fault
from orchestration.ingestion.raw_parts import part_path, whole_fault, written_parts
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.schema import DecodedFile, FileEntry, RawPart
from orchestration.reference_book.reading import ReferenceBook
from orchestration.runtime.progress import Reporter
from orchestration.settings import Settings
from orchestration.state.raw_zone import decoded_files

_MOST_NAMED = 3


@dataclass(frozen=True)
class RawZone:
    """A raw zone that was made in a folder: what was decoded, which files were taken over from the old one because their landed
    files are lost, and which are for the next run to decode."""

    folder: Path
    decoded: Sequence[DecodedFile]
    taken_over: Sequence[FileEntry]
    for_next_run: Sequence[FileEntry]


@dataclass(frozen=True)
class _Apart(Settings):
    """The settings of a home with another raw zone."""

    raw_apart: Path = Path()

    @property
    def raw(self) -> Path:
        """The raw zone that is being made."""
        return self.raw_apart


def make_raw_zone(
    settings: Settings, ledger: FileLedger, book: ReferenceBook, folder: Path, old: Sequence[Path], reporter: Reporter
) -> RawZone:
    """Decode the landed files to a folder; nothing else is changed.

    Where a landed file is lost and its rows are whole in one of the old raw zones, they are taken over, and a warning says so.
    Raises TollhouseError where both are lost, or a file cannot be decoded any more.
    """
    folder.mkdir(parents=True)
    wanted: list[FileEntry] = []
    for_next_run: list[FileEntry] = []
    for entry in decoded_files(ledger):
        is_as_today = entry.decoded_with == decode_signature(settings, entry, book.known_switches, book.result_codes)
        (wanted if is_as_today else for_next_run).append(entry)
    lost = [
        (entry, fault) for entry in [*wanted, *for_next_run] if (fault := landed_fault(settings, entry)) is not None
    ]
    are_lost = {entry.file_id for entry, _ in lost}
    sound = [entry for entry in wanted if entry.file_id not in are_lost]
    for_next_run = [entry for entry in for_next_run if entry.file_id not in are_lost]
    parts, problems = ledger.raw_parts(), []
    for entry, fault in lost:
        if any(_take_over(raw, parts.get(entry.file_id, []), folder) for raw in old):
            reporter.warn(f"{fault}; its rows were whole and are kept as they were decoded")
        else:
            problems.append(fault)
    if problems:
        more = f"; and {len(problems) - _MOST_NAMED} more" if len(problems) > _MOST_NAMED else ""
        raise TollhouseError(
            f"{'; '.join(problems[:_MOST_NAMED])}{more}, and their rows in {settings.raw} are not whole either. Put the files back "
            "from the deliveries or a backup (`tollhouse restore DIR --replace`). Nothing was changed"
        )
    apart = _Apart(**{one.name: getattr(settings, one.name) for one in fields(settings)}, raw_apart=folder)
    decoded = decode_again(apart, sound, book.known_switches, book.result_codes, reporter.detail)
    return RawZone(folder, decoded, [entry for entry, _ in lost], for_next_run)


def record_raw_zone(ledger: FileLedger, made: RawZone) -> None:
    """Keep in the ledger what the new raw zone holds. Needs an open transaction."""
    for one in made.decoded:
        ledger.record_decode(one)
        ledger.record_raw_parts([one.file_id], written_parts(made.folder, ledger.file(one.file_id)))
    ledger.begin_decode([entry.file_id for entry in made.for_next_run])


def _take_over(raw: Path, parts: Sequence[RawPart], folder: Path) -> bool:
    """Give the parts of a file in a raw zone to the new one too, where all of them are as their decode wrote them."""
    if not parts or any(whole_fault(raw, part) is not None for part in parts):
        return False
    for part in parts:
        target = part_path(folder, part.file_id, part.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(part_path(raw, part.file_id, part.folder), target)
    return True
