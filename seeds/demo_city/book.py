"""The tables of the reference book that the generator needs, read as plain rows. Checks of the book are in tests/."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

Row = dict[str, str]


@dataclass(frozen=True)
class Book:
    """The reference book's tables by name, each a list of rows of text."""

    tables: dict[str, list[Row]]

    def __getitem__(self, table: str) -> list[Row]:
        return self.tables[table]

    def by(self, table: str, column: str) -> dict[str, Row]:
        """The rows of a table by one key column."""
        return {row[column]: row for row in self.tables[table]}

    @property
    def holidays(self) -> frozenset[date]:
        """The book's holidays, without the days that count as a weekday."""
        return frozenset(
            date.fromisoformat(row["holiday_date"]) for row in self["holidays"] if row["counts_as"] in ("", "H")
        )

    @property
    def make_up_days(self) -> dict[date, int]:
        """Days that count as a weekday (调休): 1 is Monday."""
        return {
            date.fromisoformat(row["holiday_date"]): int(row["counts_as"])
            for row in self["holidays"]
            if row["counts_as"] not in ("", "H")
        }


def read_book(folder: Path) -> Book:
    """Read every CSV file of the reference book."""
    tables: dict[str, list[Row]] = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            tables[path.stem] = list(csv.DictReader(file))
    if not tables:
        raise FileNotFoundError(f"no reference book in {folder}")
    return Book(tables)
