"""How a table of the reference book is declared: its columns, and the allowed values of each.

The tables themselves are in tables.py, reading a book by them is in reading.py.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """What a value of a column is: its type in the warehouse, and in words what to write."""

    sql_type: str
    in_words: str

    @property
    def is_whole(self) -> bool:
        """Whether its values are whole numbers."""
        return self.sql_type in ("integer", "bigint")

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers, which may have bounds."""
        return self.is_whole or self.sql_type.startswith("decimal")


TEXT = Kind("varchar", "a text")
TELEPHONE_NUMBER = Kind("varchar", "a telephone number")  # as people write it; digits alone once it is normalised
DIALLED_CODE = Kind("varchar", "digits, or a service code with * or #")
WEEKDAYS = Kind("varchar", "digits 1 (Monday) to 7 and H for holidays")
TIME_OF_DAY = Kind("varchar", "a time of day")
FLAG = Kind("boolean", "true or false")
DAY = Kind("date", "a date")
NUMBER = Kind("decimal(18, 6)", "a number")
WHOLE = Kind("integer", "a whole number")
SEQUENCE_NUMBER = Kind("bigint", "a whole number")


@dataclass(frozen=True)
class Column:
    """A column of a table: its meaning and its allowed values."""

    name: str
    kind: Kind
    meaning: str
    #: A row may leave it empty: not known, or no limit.
    may_be_empty: bool = False
    #: The header may lack it: such a book is as one in which it is empty.
    may_be_absent: bool = False
    #: Empty is a value here, the empty text.
    is_empty_a_text: bool = False
    words: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    #: The table that has this id, in its column of the same name.
    id_of: str | None = None


@dataclass(frozen=True)
class Table:
    """A table of the book, one CSV file. No two rows have the same values in the columns of the key."""

    name: str
    meaning: str
    #: The team that keeps it.
    owner: str
    columns: tuple[Column, ...]
    #: Empty: that two rows do not overlap is for the gates of the tariff book to find.
    key: tuple[str, ...] = ()
    #: The book may lack the file: such a book is as one in which it has its header alone.
    may_be_absent: bool = False
    #: No call can be rated while it has no rows.
    is_needed_to_rate: bool = False

    @property
    def header(self) -> tuple[str, ...]:
        """The names of its columns, in the order of a new file."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that its header must have."""
        return tuple(column.name for column in self.columns if not column.may_be_absent)
