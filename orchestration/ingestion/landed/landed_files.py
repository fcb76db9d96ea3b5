"""The landing area: delivered files, as they came or packed, and whether one is still what was delivered."""

from __future__ import annotations

from pathlib import Path

from orchestration.errors import TollhouseError
from orchestration.ingestion.landed import landed_packing
from orchestration.ingestion.landed.landed_packing import delivered_sha256
from orchestration.ledger.schema import FileEntry
from orchestration.settings import Settings


def landed_path(settings: Settings, entry: FileEntry) -> Path | None:
    """The path of a delivered file, as it came or packed; None where it is gone."""
    path = landed_packing.landed_path(settings.home, entry)
    return path if path.is_file() else None


def landed_fault(settings: Settings, entry: FileEntry) -> str | None:
    """What is wrong with a landed file, hashed again; None where it is as it was delivered."""
    path = landed_path(settings, entry)
    if path is None:
        return f"{settings.home / entry.landing_path}: the landed file {entry.file_id} is gone"
    if delivered_sha256(settings.home, entry) != entry.sha256:
        return f"{path}: the landed file {entry.file_id} is not what was delivered: its SHA-256 differs"
    return None


def refuse_changed(settings: Settings, entry: FileEntry) -> None:
    """Raise TollhouseError where a file that is to be decoded is gone or changed."""
    fault = landed_fault(settings, entry)
    if fault is not None:
        raise TollhouseError(
            f"{fault}; put it back from the delivery {entry.source}/{entry.file_name} or from a backup "
            f"(`tollhouse restore DIR --replace`), or go on without it: `tollhouse files reject {entry.file_id} --why TEXT`"
        )
