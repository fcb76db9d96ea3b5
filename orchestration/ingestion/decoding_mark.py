"""The mark "being decoded": which file, or files decoded at once, a process was decoding when it ended without a message
(killed, a library's crash).

The mark is one small file that is written over for each portion that is decoded, in a few microseconds. It is there for the next
run however the process ends; a power cut may lose it, which is not a file's fault.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

_NOTHING = b" " * 64


class DecodingMark:
    """The mark in a home. Only a run that holds the run lock opens it."""

    def __init__(self, home: Path) -> None:
        self._path = home / "being_decoded"

    def __enter__(self) -> Self:
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def found(self) -> tuple[str, str] | None:
        """The first and last file id that an earlier process has left; None where it ended in good order."""
        ids = os.pread(self._file, len(_NOTHING), 0).decode("ascii", errors="replace").strip(" \0").split()
        return (ids[0], ids[1]) if len(ids) == 2 else None

    def set(self, first_id: str, last_id: str) -> None:
        """The files from one to the other, or a single one, are being decoded from now on."""
        os.pwrite(self._file, f"{first_id} {last_id}".encode().ljust(len(_NOTHING)), 0)

    def clear(self) -> None:
        """No file is being decoded."""
        os.pwrite(self._file, _NOTHING, 0)
