"""Packed deliveries (.gz, .zst): names apart from their packing, and unpacking that notices what is cut short.

Nothing here knows what the content means.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import zstandard

from orchestration.ingestion.file_reading.bounds import BoundExceeded, LineWatch, watch

SUFFIXES = {".gz": "gzip", ".zst": "zstd"}

_BUFFER_BYTES = 256 << 10
_PIECE_BYTES = 1 << 20
_ZSTD_INPUT_BYTES = 1 << 10


#: Opens the unpacked bytes of a file from their beginning: a reader may have to look at them more than once.
OpenContent = Callable[[], AbstractContextManager[BinaryIO]]


class PackingError(Exception):
    """The packed bytes are damaged or cut short; the message says how."""


class Unpacker(Protocol):
    """Takes packed bytes chunk by chunk and gives what they hold in pieces that need little memory, however well they are
    packed; `finish` raises PackingError when the end is missing."""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The bytes that a packed chunk gives."""
        ...

    def finish(self) -> None:
        """Called after the last chunk."""
        ...


def packing_of(file_name: str) -> str:
    """`gzip`, `zstd` or `none`, by the file name's suffix."""
    return next((packing for suffix, packing in SUFFIXES.items() if file_name.endswith(suffix)), "none")


def base_name(file_name: str) -> str:
    """The file name packing apart."""
    suffix = next((suffix for suffix in SUFFIXES if file_name.endswith(suffix)), "")
    return file_name[: len(file_name) - len(suffix)]


def unpacker(packing: str) -> Unpacker:
    """An unpacker for a packing that `packing_of` gave."""
    if packing == "none":
        return _Plain()
    return _Gzip() if packing == "gzip" else _Zstd()


@contextmanager
def open_unpacked(path: Path) -> Iterator[BinaryIO]:
    """The unpacked bytes of a landed file as a stream that can be read by lines, within the bounds of the present file.

    Reading raises BoundExceeded where a line is too long or the process takes too much memory, PackingError where the packed
    bytes are damaged.
    """
    packing = packing_of(path.name)
    with path.open("rb") as packed, io.BufferedReader(_Bounded(packed, unpacker(packing)), _BUFFER_BYTES) as stream:
        yield stream


class _Bounded(io.RawIOBase):
    """The unpacked bytes of an open file, looked at as they come."""

    def __init__(self, packed: BinaryIO, unpack: Unpacker) -> None:
        self._watch = watch()
        self._lines = LineWatch(self._watch.bounds, self._watch.marks)
        self._pieces = self._unpacked(packed, unpack)
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not len(self._left):
            try:
                self._left = memoryview(next(self._pieces, b""))
            except (BoundExceeded, PackingError) as error:
                self._watch.fault = error
                raise
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def _unpacked(self, packed: BinaryIO, unpack: Unpacker) -> Iterator[bytes]:
        while chunk := packed.read(_BUFFER_BYTES):
            for piece in unpack.feed(chunk):
                self._watch.read(len(piece))
                self._lines.look(piece)
                if piece:
                    yield piece
        unpack.finish()


class _Plain:
    def feed(self, chunk: bytes) -> Iterator[bytes]:
        yield chunk

    def finish(self) -> None:
        return None


class _Gzip:
    """Several members one after the other are one file, as gzip itself has it."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._seen = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        try:
            while chunk:
                if self._member.eof:
                    chunk = chunk.lstrip(b"\0")  # tape and disk blocks pad with zeros; gzip allows it
                    if not chunk:
                        break
                    self._member = zlib.decompressobj(wbits=31)
                self._seen = True
                yield self._member.decompress(chunk, _PIECE_BYTES)
                chunk = self._member.unconsumed_tail or self._member.unused_data
            while self._seen and not self._member.eof and (piece := self._member.decompress(b"", _PIECE_BYTES)):
                yield piece  # what the decompressor still holds back
        except zlib.error as error:
            raise PackingError(f"damaged gzip: {error}") from error

    def finish(self) -> None:
        if not self._seen:
            raise PackingError("damaged gzip: the file is empty")
        if not self._member.eof:
            raise PackingError("truncated gzip: the end of the packed data is missing")


class _Zstd:
    """Several frames one after the other are one file; a stream reader would take a cut frame for the end."""

    def __init__(self) -> None:
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._seen = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        # The decompressor gives all that its input holds at once, up to 128 KiB for each four bytes.
        for at in range(0, len(chunk), _ZSTD_INPUT_BYTES):
            yield from self._unpacked(chunk[at : at + _ZSTD_INPUT_BYTES])

    def _unpacked(self, chunk: bytes) -> Iterator[bytes]:
        try:
            while chunk:
                if self._frame.eof:
                    self._frame = zstandard.ZstdDecompressor().decompressobj()
                self._seen = True
                yield self._frame.decompress(chunk)
                chunk = self._frame.unused_data if self._frame.eof else b""
        except zstandard.ZstdError as error:
            raise PackingError(f"damaged zstd: {error}") from error

    def finish(self) -> None:
        if not self._seen:
            raise PackingError("damaged zstd: the file is empty")
        if not self._frame.eof:
            raise PackingError("truncated zstd: the end of the packed data is missing")
