"""The published editions held against the ledger, which knows which was published last."""

from __future__ import annotations

from orchestration.ledger.file_ledger import FileLedger
from orchestration.publishing.manifest import EDITIONS, POINTER
from orchestration.publishing.reading import current_edition, edition_folders
from orchestration.settings import Settings

#: What brings back what stood there.
ADVICE = "`tollhouse run` publishes a whole new one, numbered after it; a backup has the old ones: `tollhouse restore DIR --replace`"


def lost_editions(settings: Settings, ledger: FileLedger) -> str | None:
    """What is lost of the editions: the one that was published last is gone, or the pointer is an older one. None where
    neither is so, and where only the pointer is gone, which `lost_pointer` reports.

    Raises TollhouseError where pointer or manifest is damaged.
    """
    newest, current = ledger.newest_edition(), current_edition(settings.published)
    if newest is None or (current is not None and current.revision >= newest[1]):
        return None
    name, revision = newest
    if revision not in edition_folders(settings.published):
        return (
            f"published editions are gone: {settings.published / EDITIONS / name} was published last and is not there"
        )
    if current is None:
        return None
    return (
        f"{settings.published / POINTER} is an older one: it names {current.edition}, and {name} was published after it"
    )


def note_current(settings: Settings, ledger: FileLedger) -> None:
    """Have the ledger know of the current edition: an earlier version did not keep it, nor did a run killed after it published."""
    current = current_edition(settings.published)
    if current is not None:
        ledger.note_edition(current.edition, current.revision)
