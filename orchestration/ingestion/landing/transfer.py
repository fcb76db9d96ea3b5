"""Copying a delivered file completely into landing/.incoming, continuing where an earlier try was cut. Nothing is registered here.

An unfinished copy is `<key>.part`; `<key>.json` beside it has the file, its version, and how many bytes of it
the disk is known to hold. Both survive a killed run: the next one goes on from there, if the file is still the same.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from orchestration.ingestion.stores.base import FileChanged, Item, Store
from orchestration.ingestion.stores.retrying import pause_or_raise
from orchestration.storage.durable import flush, replace_text

#: After so many bytes what has come is made sure of, so that a killed run loses no more than that.
CHECKPOINT_BYTES = 8 << 20

_PROGRESS_BYTES = 1 << 20  # a try that brought as much is not counted as a failure
_CHUNK_BYTES = 1 << 20


class ChunkObserver(Protocol):
    """Is given the bytes of a file as they come, from the first to the last."""

    def feed(self, chunk: bytes) -> None:
        """The next bytes."""
        ...


class Incoming:
    """The copies on their way in landing/.incoming."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def part(self, source: str, item: Item) -> Part:
        """The copy of a file of a source, begun or not."""
        key = hashlib.sha256(f"{source}\0{item.name}".encode()).hexdigest()[:32]
        return Part(self.folder / f"{key}.part", {"source": source, "name": item.name, "state": list(item.state)})

    def sweep(self, keep: set[Path], of_sources: set[str] | None) -> None:
        """Remove the copies that will not be continued: all but those to keep, of these sources only (None: of all)."""
        if not self.folder.is_dir():
            return
        for path in self.folder.iterdir():
            part = path.with_suffix(".part")
            source = _facts(part).get("source")
            if part not in keep and (of_sources is None or source is None or source in of_sources):
                path.unlink(missing_ok=True)
        with suppress(OSError):  # not empty: what is kept
            self.folder.rmdir()


class Part:
    """A copy on its way, of one version of one file."""

    def __init__(self, path: Path, version: dict[str, object]) -> None:
        self.path = path
        self._version = version

    def held_bytes(self) -> int:
        """How many of the file's bytes an earlier try has left, sure to be on the disk."""
        facts = _facts(self.path)
        if {name: facts.get(name) for name in self._version} != self._version or not self.path.is_file():
            return 0
        return min(int(str(facts["held_bytes"])), self.path.stat().st_size)

    def make_sure(self, file: BinaryIO) -> None:
        """Have the disk hold what was written so far, and note how much that is."""
        file.flush()
        os.fsync(file.fileno())
        replace_text(_facts_path(self.path), json.dumps({**self._version, "held_bytes": file.tell()}))

    def remove(self) -> None:
        """Forget the copy."""
        _facts_path(self.path).unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    def move_to(self, place: Path, mtime_ns: int) -> None:
        """Give the complete copy its final name, and the time at which the delivered file was written. The folder of its
        folder is still to be flushed."""
        place.parent.mkdir(parents=True, exist_ok=True)
        if mtime_ns:
            os.utime(self.path, ns=(mtime_ns, mtime_ns))
        self.path.replace(place)
        flush(place.parent)
        _facts_path(self.path).unlink(missing_ok=True)


def copy_whole(store: Store, folder: str, item: Item, part: Part, observer: ChunkObserver) -> None:
    """Copy a file completely, flushed to the disk, and show its bytes to the observer meanwhile.

    Raises FileChanged where it is not the file that was listed, then nothing of it is kept; and what the file system
    raises where it cannot be read to its end, then what has come stays for the next run.
    """
    part.path.parent.mkdir(parents=True, exist_ok=True)
    held = part.held_bytes() if store.resumes else 0
    if not held:
        part.remove()  # what is noted of an older copy must not be believed of this one
    try:
        with part.path.open("r+b" if held else "wb") as copy:
            copy.truncate(held)
            for chunk in _chunks_of(copy, held):
                observer.feed(chunk)
            copy.seek(held)
            sure = held
            for chunk in _remote_chunks(store, folder, item, held, part, copy):
                copy.write(chunk)
                observer.feed(chunk)
                if store.resumes and copy.tell() - sure >= CHECKPOINT_BYTES:
                    part.make_sure(copy)
                    sure = copy.tell()
            if store.resumes:
                part.make_sure(copy)  # a complete copy that is not registered yet is not fetched again either
            else:
                copy.flush()
                os.fsync(copy.fileno())
    except FileChanged:
        part.remove()
        raise


def _remote_chunks(store: Store, folder: str, item: Item, offset: int, part: Part, copy: BinaryIO) -> Iterator[bytes]:
    """The file's bytes from an offset to its end, whatever cuts come between. Raises FileChanged."""
    failures = 0
    begun = offset
    while True:
        try:
            if offset:
                _check_unchanged(store, item)  # bytes of two versions make no file
            if offset < item.size:
                with store.reading(item) as read:
                    while offset < item.size:
                        chunk = read(offset, min(store.read_bytes, item.size - offset))
                        if not chunk:
                            raise FileChanged
                        offset += len(chunk)
                        yield chunk
            _check_unchanged(store, item)
            return
        except (FileChanged, FileNotFoundError) as error:
            raise FileChanged from error
        except Exception as error:  # noqa: BLE001  raised again there, where it is not to be tried again
            failures = 1 if offset - begun >= _PROGRESS_BYTES else failures + 1
            begun = offset
            if store.resumes:
                part.make_sure(copy)
            pause_or_raise(store, error, failures, folder)


def _check_unchanged(store: Store, item: Item) -> None:
    try:
        now = store.item(item.path)
    except FileNotFoundError as error:
        raise FileChanged from error
    if now.state != item.state:
        raise FileChanged


def _chunks_of(copy: BinaryIO, size: int) -> Iterator[bytes]:
    copy.seek(0)
    left = size
    while left and (chunk := copy.read(min(_CHUNK_BYTES, left))):
        left -= len(chunk)
        yield chunk


def _facts_path(part: Path) -> Path:
    return part.with_suffix(".json")


def _facts(part: Path) -> dict[str, object]:
    """The notes about a copy; empty where there are none, or where they were cut."""
    try:
        facts = json.loads(_facts_path(part).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return facts if isinstance(facts, dict) and isinstance(facts.get("held_bytes"), int) else {}
