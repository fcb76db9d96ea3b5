"""The raw zone anew from the landed files, beside the one that is there. Statuses and decisions are not touched: files are decoded
within their bounds, but not judged.

Rejected files are not decoded, as ever. One that was never decoded, or whose decode depends on what has changed since, is left to
the next run, which judges it by what it finds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from orchestration.errors import TollhouseError
from orchestration.ingestion.decoding import decode_again, decode_signature
from orchestration.ingestion.landing import delivered_sha256, landed_path
from orchestration.ingestion.ledger import FileLedger
from orchestration.ingestion.ledger_schema import DecodedFile, FileEntry
from orchestration.ingestion.reference_book import ReferenceBook
from orchestration.reporting import Reporter
from orchestration.settings import Settings

_MOST_NAMED = 3


@dataclass(frozen=True)
class _Apart(Settings):
    """The settings of a home with another raw zone."""

    raw_apart: Path = Path()

    @property
    def raw(self) -> Path:
        """The raw zone that is being made."""
        return self.raw_apart

    @classmethod
    def of(cls, settings: Settings, raw: Path) -> _Apart:
        """The settings with the raw zone in that folder."""
        return cls(**{one.name: getattr(settings, one.name) for one in fields(settings)}, raw_apart=raw)


def decode_landed_files(
    settings: Settings, ledger: FileLedger, book: ReferenceBook, raw: Path, reporter: Reporter
) -> list[DecodedFile]:
    """Decode the landed files to the folder `raw`; nothing else is changed.

    Raises TollhouseError where a landed file is lost or cannot be decoded any more.
    """
    entries = [entry for entry in ledger.files() if _is_decoded_as_today(settings, book, entry)]
    lost = []
    for number, entry in enumerate(entries, start=1):
        reporter.detail(number, len(entries), f"{entry.source}/{entry.file_name}")
        path = landed_path(settings.home, entry)
        if not path.is_file():
            lost.append(f"{path}: the landed file {entry.file_id} is gone")
        elif delivered_sha256(settings.home, entry) != entry.sha256:
            lost.append(f"{path}: the landed file {entry.file_id} is not what was delivered: its SHA-256 differs")
    if lost:
        more = f"; and {len(lost) - _MOST_NAMED} more" if len(lost) > _MOST_NAMED else ""
        raise TollhouseError(
            f"{'; '.join(lost[:_MOST_NAMED])}{more}. Put them back from the deliveries or a backup "
            "(`tollhouse restore DIR`). Nothing was changed"
        )
    raw.mkdir(parents=True)
    return decode_again(_Apart.of(settings, raw), entries, book.known_switches, book.result_codes, reporter.detail)


def record_decoded(
    settings: Settings, ledger: FileLedger, book: ReferenceBook, decoded: Iterable[DecodedFile], raw: Path
) -> None:
    """Keep in the ledger what the new raw zone holds. Needs an open transaction."""
    for one in decoded:
        ledger.record_decode(one)


def _is_decoded_as_today(settings: Settings, book: ReferenceBook, entry: FileEntry) -> bool:
    signature = decode_signature(settings, entry, book.known_switches, book.result_codes)
    return entry.status != "rejected" and entry.decoded_with == signature
