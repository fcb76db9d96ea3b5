"""The landing area held against the ledger: nothing is computed from it, but everything can be decoded again from it."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.ingestion.landed.landed_files import landed_fault, landed_path
from orchestration.ledger.file_ledger import FileLedger
from orchestration.settings import Settings

ADVICE = (
    "put them back from the deliveries or from a backup (`tollhouse restore DIR --replace`): the raw zone can be built again "
    "only from them"
)


def lost_landed_files(settings: Settings, ledger: FileLedger) -> list[str]:
    """The landed files that are gone, as their paths."""
    return [str(settings.home / entry.landing_path) for entry in ledger.files() if landed_path(settings, entry) is None]


def damaged_landed_files(settings: Settings, ledger: FileLedger) -> Iterator[str]:
    """What is wrong with landed files; every one is hashed."""
    for entry in ledger.files():
        fault = landed_fault(settings, entry)
        if fault is not None:
            yield fault
