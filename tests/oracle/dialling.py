"""Numbers as dialled: which codes of the book come off a called number, and what they select. Written apart from the product."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from .book import Book
from .periods import in_force

Row = dict[str, Any]


@dataclass(frozen=True)
class Dialled:
    """The rest by which the zone is sought, and the rules that took something off, in order."""

    rest: str = ""
    applied: tuple[tuple[str, Row], ...] = ()

    @property
    def access_code(self) -> str | None:
        """The codes that came off."""
        return "+".join(code for code, _ in self.applied) if self.applied else None

    def selected(self, column: str) -> str | None:
        """The first plan or zone that a code selects."""
        return next((row[column] for _, row in self.applied if row[column]), None)


NOT_DIALLED = Dialled()


def dial(called_number: str, switch_id: str, day: date, book: Book) -> Dialled:
    """One pass over the rules in force, each tried on what is left."""
    exchange_id = book.switches[switch_id]["exchange_id"]
    area_code = next(row["area_code"] for row in book.tables["exchanges"] if row["exchange_id"] == exchange_id)
    rest, applied = called_number, []
    for row in sorted(book.tables["dialling_rules"], key=lambda row: row["rule_order"]):
        code = row["code"] if row["kind"] == "code" else area_code
        if not in_force(row, day) or not code or not rest.startswith(code):
            continue
        left = rest.removeprefix(code)
        if sum(character.isdigit() for character in left) >= row["min_rest_digits"]:
            # Only what begins with * or # is a service code still.
            rest = left if left[:1] in ("*", "#") else "".join(filter(str.isdigit, left))
            applied.append((code, row))
    return Dialled(rest, tuple(applied))
