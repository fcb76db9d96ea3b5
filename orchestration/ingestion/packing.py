"""Packed deliveries (.gz, .zst): names apart from their packing, and unpacking that notices what is cut short.

Nothing here knows what the content means.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import zstandard

SUFFIXES = {".gz": "gzip", ".zst": "zstd"}


class PackingError(Exception):
    """The packed bytes are damaged or cut short; the message says how."""


class Unpacker(Protocol):
    """Takes packed bytes chunk by chunk; `finish` raises PackingError when the end is missing."""

    def feed(self, chunk: bytes) -> bytes: ...

    def finish(self) -> None: ...


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
    """The unpacked bytes of a landed file as a stream that can be read by lines."""
    packing = packing_of(path.name)
    with path.open("rb") as packed:
        if packing == "none":
            yield packed
        elif packing == "gzip":
            with gzip.GzipFile(fileobj=packed) as stream:
                yield io.BufferedReader(stream)  # type: ignore[arg-type]
        else:
            reader = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
            with io.BufferedReader(reader) as stream:  # type: ignore[type-var]
                yield stream


class _Plain:
    def feed(self, chunk: bytes) -> bytes:
        return chunk

    def finish(self) -> None:
        return None


class _Gzip:
    """Several members one after the other are one file, as gzip itself has it."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._seen = False

    def feed(self, chunk: bytes) -> bytes:
        parts = []
        try:
            while chunk:
                if self._member.eof:
                    chunk = chunk.lstrip(b"\0")  # tape and disk blocks pad with zeros; gzip allows it
                    if not chunk:
                        break
                    self._member = zlib.decompressobj(wbits=31)
                self._seen = True
                parts.append(self._member.decompress(chunk))
                chunk = self._member.unused_data
        except zlib.error as error:
            raise PackingError(f"damaged gzip: {error}") from error
        return b"".join(parts)

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

    def feed(self, chunk: bytes) -> bytes:
        parts = []
        try:
            while chunk:
                if self._frame.eof:
                    self._frame = zstandard.ZstdDecompressor().decompressobj()
                self._seen = True
                parts.append(self._frame.decompress(chunk))
                chunk = self._frame.unused_data if self._frame.eof else b""
        except zstandard.ZstdError as error:
            raise PackingError(f"damaged zstd: {error}") from error
        return b"".join(parts)

    def finish(self) -> None:
        if not self._seen:
            raise PackingError("damaged zstd: the file is empty")
        if not self._frame.eof:
            raise PackingError("truncated zstd: the end of the packed data is missing")
