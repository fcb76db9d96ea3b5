"""A branch as folders: its reference book, its inbox and its published editions. What all branches of the tests are built on."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_LONG_AGO = itertools.count(1_500_000_000)  # each delivery written a second later than the one before, and settled


@dataclass
class BranchFolder:
    """A home with its reference book beside it."""

    home: Path

    @property
    def book(self) -> Path:
        """The reference book's folder."""
        return self.home / "reference"

    @property
    def inbox(self) -> Path:
        """The default sources' folder."""
        return self.home / "inbox"

    @property
    def published(self) -> Path:
        """Where editions stand."""
        return self.home / "published"

    def write_book(self, tables: Mapping[str, str]) -> None:
        """Write tables of the book, each as the text of its file."""
        self.book.mkdir(parents=True, exist_ok=True)
        for table, content in tables.items():
            self.write_table(table, content)

    def write_table(self, table: str, content: str) -> None:
        """Write one table of the book."""
        (self.book / f"{table}.csv").write_text(content, encoding="utf-8")

    def add(self, table: str, *lines: str) -> None:
        """Add lines to a table of the book."""
        with (self.book / f"{table}.csv").open("a", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)

    def spoil(self, table: str, old: str, new: str) -> None:
        """Change a table of the book; what is to be replaced must be there."""
        path = self.book / f"{table}.csv"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def deliver(self, folder: str, name: str, content: str | bytes) -> Path:
        """Put a file into an inbox folder, as if written long ago."""
        path = self.inbox / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        written_at = next(_LONG_AGO)
        os.utime(path, (written_at, written_at))
        return path
