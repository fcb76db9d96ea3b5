"""The landed files: the place of a delivered file, as it came or packed by `tollhouse prune`, and packing it.

A packed file is `<name>.zst` instead of `<name>`; unpacked it is byte for byte what was delivered, so its SHA-256 is
always that of the ledger. Files that were delivered packed stay as they came.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import zstandard

from orchestration.errors import TollhouseError
from orchestration.ingestion.file_reading.packing import PackingError, packing_of, unpacker
from orchestration.ledger.schema import FileEntry
from orchestration.storage.durable import flush

SUFFIX = ".zst"
# Beside the copies on their way, where the next pull sweeps.
BUILDING = "landing/.incoming/packing"
#: A smaller file takes a block of the disk in any case.
LEAST_BYTES = 4 << 10

_LEVEL = 9
_CHUNK_BYTES = 1 << 20
_LONGEST_NAME_BYTES = 255


def landed_path(home: Path, entry: FileEntry) -> Path:
    """The path of the file: as delivered, else packed; the path of its delivery where neither exists."""
    plain = home / entry.landing_path
    packed = _packed(plain)
    return packed if not plain.is_file() and packed.is_file() else plain


def is_packed(home: Path, entry: FileEntry) -> bool:
    """Whether we have packed the file."""
    return landed_path(home, entry).name != Path(entry.landing_path).name


def delivered_sha256(home: Path, entry: FileEntry) -> str | None:
    """The SHA-256 of the delivered bytes, computed from the present file; None where the packed file is damaged.

    Raises OSError where there is no file.
    """
    try:
        return _sha256(landed_path(home, entry), is_zstd=is_packed(home, entry))
    except PackingError:
        return None


def may_be_packed(home: Path, entry: FileEntry) -> bool:
    """Whether packing the file would save something: it is as delivered, was not delivered packed, and is not tiny."""
    plain = home / entry.landing_path
    return (
        packing_of(plain.name) == "none"
        and entry.size_bytes > LEAST_BYTES
        and len(_packed(plain).name.encode()) <= _LONGEST_NAME_BYTES
        and plain.is_file()
    )


def pack(home: Path, entry: FileEntry) -> int:
    """Pack a landed file; how many bytes of disk that saves, 0 where it would save none.

    The file as delivered goes when the packed one is on the disk and was read back. Raises TollhouseError where the landed
    file is not what was delivered.
    """
    plain = home / entry.landing_path
    packed, found = _packed(plain), plain.stat()
    with _building(home) as building:
        compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        with plain.open("rb") as read, building.open("wb") as write:
            compressor.copy_stream(read, write)
            write.flush()
            os.fsync(write.fileno())
        if _sha256(building, is_zstd=True) != entry.sha256:
            raise TollhouseError(
                f"{plain}: the landed file {entry.file_id} is not what was delivered: its SHA-256 differs; put it back from a "
                "backup"
            )
        saved = found.st_size - building.stat().st_size
        if saved <= 0:
            return 0
        _place(building, packed, found.st_mtime_ns)
    plain.unlink()
    return saved


def unpack(home: Path, entry: FileEntry) -> None:
    """Unpack a packed file to its delivered form; nothing to do where it is so. Raises TollhouseError where it is damaged."""
    if not is_packed(home, entry):
        return
    plain = home / entry.landing_path
    packed = _packed(plain)
    with _building(home) as building:
        try:
            with building.open("wb") as write:
                if _sha256(packed, is_zstd=True, copy=write) != entry.sha256:
                    raise PackingError("its SHA-256 is not that of the delivered file")
                write.flush()
                os.fsync(write.fileno())
        except PackingError as error:
            raise TollhouseError(
                f"{packed}: the packed landed file {entry.file_id} is damaged: {error}; put it back from a backup"
            ) from error
        _place(building, plain, packed.stat().st_mtime_ns)
    packed.unlink()


@contextmanager
def _building(home: Path) -> Iterator[Path]:
    """Where a file is written before it gets its name; nothing is left there."""
    path = home / BUILDING
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
        with suppress(OSError):  # not empty: copies on their way
            path.parent.rmdir()


def _place(building: Path, target: Path, mtime_ns: int) -> None:
    os.utime(building, ns=(mtime_ns, mtime_ns))  # by which some sources date a file
    building.replace(target)
    flush(target.parent)


def _packed(plain: Path) -> Path:
    return plain.with_name(plain.name + SUFFIX)


def _sha256(path: Path, *, is_zstd: bool, copy: BinaryIO | None = None) -> str:
    """The SHA-256 of a file's bytes, unpacked where it is packed; they are written to `copy`. Raises PackingError."""
    digest, reading = hashlib.sha256(), unpacker("zstd" if is_zstd else "none")
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            for piece in reading.feed(chunk):
                digest.update(piece)
                if copy is not None:
                    copy.write(piece)
    reading.finish()
    return digest.hexdigest()
