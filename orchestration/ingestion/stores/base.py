"""The file systems of the sources, all with the same few operations: list, describe, read bytes.

The operations of every store and the description of its errors are here; SFTP and S3 have their own modules. Nothing here knows
what a file means or where its copy goes.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import fsspec

from orchestration.ingestion.stores.access import Access
from orchestration.printable import one_line

Read = Callable[[int, int], bytes]  # from which byte, how many at most


_LONGEST_COMPANION_BYTES = 1 << 16
_LONGEST_NAME_BYTES = 255


class SourceFault(OSError):
    """A source cannot be used as it is set up, and a retry would not help; the message names what to do."""


class FileChanged(Exception):
    """The file has changed since it was listed: it grew, was replaced, or is gone."""


@dataclass(frozen=True)
class Item:
    """A file or folder as its server reports it. `mtime_ns` 0: the server does not report it."""

    path: str
    name: str
    size: int
    mtime_ns: int
    is_file: bool
    is_folder: bool
    is_link: bool = False
    leads_out: bool = False  # a link to a place outside the folder of its source, which is not followed

    @property
    def state(self) -> tuple[int, int]:
        """What changes when the file does."""
        return (self.size, self.mtime_ns)


class Store:
    """A file system, connected at the first use and again after a failure. This one is local."""

    #: Bytes requested at a time.
    read_bytes = 1 << 20
    #: Whether a cut copy is worth going on with.
    resumes = False

    def __init__(self, access: Access) -> None:
        self.access = access
        self.down: Exception | None = None  # why this server is not used again in this pull
        self._files: Any = None

    def items(self, folder: str) -> list[Item]:
        """Files and folders in a folder, links followed; one that leads nowhere, or out of its source, is neither.

        Raises FileNotFoundError.
        """
        return [self._followed(self._item(info)) for info in self._connected().ls(folder, detail=True)]

    def item(self, path: str) -> Item:
        """One file or folder as it is now, links followed. Raises FileNotFoundError."""
        return self._item(self._connected().info(path))

    @contextmanager
    def reading(self, item: Item) -> Iterator[Read]:
        """Within, a function that reads bytes of the file."""
        with self._open(item.path) as file:

            def read(offset: int, size: int) -> bytes:
                file.seek(offset)
                return bytes(file.read(size))

            yield read

    def _open(self, path: str) -> Any:
        """The file, opened for reading. Where links are not followed, one that took the file's place since is not either."""
        if self.access.is_remote or self.access.link_root is None:
            return self._connected().open(path, "rb")
        try:
            return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise FileChanged from error
            raise

    def companion(self, path: str) -> bytes:
        """The content of a small file."""
        item = self.item(path)
        if item.size > _LONGEST_COMPANION_BYTES:
            raise PermissionError(f"{item.name} has {item.size} bytes: that is not a companion of a file")
        with self.reading(item) as read:
            return read(0, item.size)

    def describe_error(self, error: Exception) -> str:
        """The error in words for the person who manages the sources."""
        if isinstance(error, TimeoutError) and self.access.is_remote:
            return f"no answer within {self.access.timeout_seconds:g} s"
        return str(error) or type(error).__name__

    def is_permanent(self, error: Exception) -> bool:
        """Whether trying again soon would meet the same error."""
        return isinstance(error, SourceFault | FileNotFoundError | NotADirectoryError | PermissionError)

    def leads_nowhere(self, error: OSError) -> bool:
        """Whether following a link failed because of the link: its end is not there, not allowed, or itself."""
        return error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.ELOOP)

    def disconnect(self) -> None:
        """Close the connection; the next request opens a new one."""
        self._files = None

    def connect(self) -> Any:
        """A new fsspec file system. Raises SourceFault, or whatever the driver raises."""
        return fsspec.filesystem("file")

    def secret(self, variable: str | None, field: str) -> str | None:
        """What the environment variable holds that an entry's field names. Raises SourceFault where it is not set."""
        if variable is None:
            return None
        value = os.environ.get(variable)
        if not value:
            raise SourceFault(f"the environment variable {variable} (field {field}) is not set")
        return value

    def _connected(self) -> Any:
        if self.down is not None:
            raise self.down
        if self._files is None:
            try:
                self._files = self.connect()
            except SourceFault as fault:
                self.down = fault
                raise
        return self._files

    def _followed(self, item: Item) -> Item:
        if not item.is_link:
            return item
        end = item.path
        if not self.access.is_remote and self.access.link_root is not None:
            end = os.path.realpath(item.path)
            if not Path(end).is_relative_to(os.path.realpath(self.access.link_root)):
                return replace(item, leads_out=True)
        try:
            return replace(self.item(end), name=item.name)
        except OSError as error:
            if not self.leads_nowhere(error):
                raise
            return item

    def _item(self, info: dict[str, Any]) -> Item:
        path = str(info["name"])
        kind = info["type"]
        return Item(
            path=path,
            name=path.rstrip("/").rsplit("/", 1)[-1],
            size=int(info["size"] or 0),
            mtime_ns=self._mtime_ns(info),
            is_file=kind == "file",
            is_folder=kind == "directory",
            is_link=kind == "link" or (bool(info.get("islink")) and kind == "other"),
        )

    def _mtime_ns(self, info: dict[str, Any]) -> int:
        value = info.get("mtime")
        if isinstance(value, datetime):
            return int(value.timestamp()) * 10**9
        return int(value * 1e9) if isinstance(value, int | float) else 0


def name_problem(name: str) -> str | None:
    """Why a name cannot be that of a file of ours, None where it can."""
    try:
        as_bytes = name.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8; have it renamed"
    if len(as_bytes) > _LONGEST_NAME_BYTES or b"\0" in as_bytes:
        return f"its name is longer than {_LONGEST_NAME_BYTES} bytes or holds a NUL; have it renamed"
    if one_line(name) != name:
        return "its name holds control characters; have it renamed"
    return None
