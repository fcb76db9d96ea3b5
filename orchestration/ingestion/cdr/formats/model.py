"""The layouts that switches write, as declared in seeds/cdr_formats/*.yml: what a declaration says, once it is known to be sound.

How a declaration is read and what is wrong with one is in declaration.py; how bytes become fields in cdr/layouts/; how
fields become the columns of a record in cdr/mapping.py. The rules of a record are in cdr/rules.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from orchestration.call_columns import RECORD, Said

RECORD_COLUMNS = tuple(column.name for column in RECORD if column.said is Said.ALWAYS)
CHARGED_COLUMN = "charged_number"
#: Columns that a record may have besides.
OPTIONAL_COLUMNS = tuple(column.name for column in RECORD if column.said is Said.BY_SOME)
#: The columns that a mapping gives text for; the start and the duration have ways of their own.
TEXT_COLUMNS = (
    *(column for column in RECORD_COLUMNS if column not in ("started_at", "duration_seconds")),
    *OPTIONAL_COLUMNS,
)
FIRST_GROUP = r"\1"  # as what a pattern's text becomes: what its first group found
LAYOUTS = ("delimited", "fixed_width", "fixed_binary", "asn1_ber")
#: What `page_lines` of a layout find, as a condition on a record; no field of a file has this name.
PAGE_LINE = "page_line"
UTC_ZONES = ("UTC", "UCT", "GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich", "Universal", "Zulu")
COUNTED_LEGS = ("longest", "first", "each")


def is_zulu(pattern: str) -> bool:
    """Whether a pattern of times ends with the letter Z, or the word UTC or GMT, which say that it is UTC."""
    return pattern.endswith(("Z", "UTC", "GMT")) and not pattern.endswith(("%Z", "%GMT"))


@dataclass(frozen=True)
class Control:
    """What a header or trailer line says of the file: the first group of the pattern in that line (from 1)."""

    line: int
    pattern: str


@dataclass(frozen=True)
class Edge:
    """The lines before or after the records."""

    lines: int = 0
    names: int = 0  # which header line names the fields (from 1); 0 where none does
    records: Control | None = None
    md5: Control | None = None
    optional_names: tuple[str, ...] = ()  # fields that the line of names may lack; they say nothing then


@dataclass(frozen=True)
class FixedField:
    """A field of a fixed layout: text columns from 1, bytes from offset 0."""

    name: str
    start: int
    length: int
    type: str = "text"  # text; in binary also uint, int, bcd, time
    nibbles: str = "high_first"
    filler: int = 15
    digits: str = "0123456789*#abc"
    parts: tuple[str, ...] = ()
    encoding: str = "binary"
    bits: tuple[int, int] | None = None


@dataclass(frozen=True)
class BerField:
    """A field of an ASN.1 record: its path in the decoded value (the first path that exists), and its type."""

    name: str
    paths: tuple[tuple[str, ...], ...]
    type: str = "text"  # text, tbcd, address, timestamp


@dataclass(frozen=True)
class Test:
    """What the text of one field must be for a condition: one of some texts, found by a pattern, or that of another field."""

    field: str
    values: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    is_negated: bool = False
    same_as: str | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it looks at."""
        return (self.field,) if self.same_as is None else (self.field, self.same_as)


@dataclass(frozen=True)
class TextColumn:
    """How the text of a record's column comes from the fields, step by step in the order of these members."""

    #: The tests that must hold, and the column that counts then; the first of which all hold decides. Empty tests always hold.
    cases: tuple[tuple[tuple[Test, ...], TextColumn], ...] = ()
    fields: tuple[str, ...] = ()
    join: bool = False  # joined by '/', else the first that says something
    constant: str | None = None
    is_position: bool = False
    empty: tuple[str, ...] = ()
    extract: str | None = None
    replace_prefixes: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    match: tuple[tuple[str, str], ...] = ()
    keeps_others: bool = False  # a text that no value is given for stays
    otherwise: str | None = None
    default: str = ""
    #: Of a computed field: where the record itself says nothing or not, the first text of the file's records of this field's text.
    first_in: str | None = None
    #: Of a computed field: `yes` where the file's records of this field's text say several texts, else nothing.
    differs_in: str | None = None

    @property
    def all_fields(self) -> tuple[str, ...]:
        """The fields that it comes from, and those that its cases look at."""
        tested = [name for tests, _ in self.cases for test in tests for name in test.fields]
        chosen = [name for _, column in self.cases for name in column.all_fields]
        compared = [name for name in (self.first_in, self.differs_in) if name]
        return (*self.fields, *tested, *chosen, *compared)


@dataclass(frozen=True)
class Condition:
    """Records of which every test holds: those that are no calls, or are set aside. `why` is the reason that they are kept with."""

    tests: tuple[Test, ...]
    why: str


@dataclass(frozen=True)
class Legs:
    """Which records are legs of one call: those of a file whose `group` fields say the same. `counts` is the leg that counts.

    longest: of the answered legs the longest; first: the first answered; each: every answered leg is a call of its own.
    Where no leg was answered the first counts.
    """

    group: tuple[str, ...]
    counts: str = "longest"


#: A time of a record: its field, or the fields of its date and its time of day.
Moment = tuple[str, ...]


@dataclass(frozen=True)
class Clock:
    """A duration as a clock shows it, hh:mm:ss: the pattern of the text, and how many seconds each group counts."""

    pattern: str
    seconds: tuple[int, ...]


@dataclass(frozen=True)
class Seconds:
    """A field that says how long something took, and in what unit."""

    field: str
    units_per_second: int = 1
    clock: Clock | None = None
    rounding: str = "up"


@dataclass(frozen=True)
class Turns:
    """Records that would be taken for duplicates and are parts of one call: the later ones begin when those before have ended.

    `alike` is the field that is the same for them, `told_apart_by` the field by which they differ.
    """

    alike: str
    told_apart_by: str


@dataclass(frozen=True)
class Times:
    """How times are written: an epoch's unit or patterns, and the zone they are in (None: the branch's wall clock)."""

    epoch_per_second: int | None = None
    patterns: tuple[str, ...] = ()
    zone: str | None = None
    none: tuple[str, ...] = ()

    @property
    def says_instants(self) -> bool:
        """Whether any of the times is an instant: it has an offset from UTC, or is written in UTC."""
        return self.epoch_per_second is not None or self.is_utc or any(map(self.has_offset, self.patterns))

    @property
    def is_utc(self) -> bool:
        """Whether times without an offset are UTC (or a fixed distance from it) by the format's zone."""
        return self.zone is not None and (self.zone in UTC_ZONES or self.zone.startswith("Etc/"))

    @property
    def lacks_year(self) -> bool:
        """Whether the times have no year, which is that of the file then."""
        return bool(self.patterns) and not any(re.search("%[yYcxGDF]", pattern) for pattern in self.patterns)

    @staticmethod
    def has_offset(pattern: str) -> bool:
        """Whether the times of a pattern say their offset from UTC; a Z at the end is the offset of RFC 3339."""
        return "%z" in pattern or is_zulu(pattern)

    @property
    def in_words(self) -> str:
        """The form in words, for a message."""
        return "since 1970" if self.epoch_per_second else " or ".join(self.patterns)


@dataclass(frozen=True)
class Mapping:
    """The columns of a record from the fields of a line."""

    columns: dict[str, TextColumn] = field(hash=False)
    times: Times
    answer: Moment
    seizure: Moment | None
    answered_field: str | None
    answered_values: tuple[str, ...]
    duration: str | None  # the field; None where it is what lies between two times
    units_per_second: int
    rounding: str
    span: tuple[Moment, Moment] | None
    clock: Clock | None = None
    ignore: tuple[Condition, ...] = ()
    set_aside: tuple[Condition, ...] = ()  # records that cannot be charged safely: they are malformed
    legs: Legs | None = None
    computed: dict[str, TextColumn] = field(default_factory=dict, hash=False)
    ends_at_answer: bool = False  # `answer` is when the call ended: it began its duration earlier
    turns: Turns | None = None
    answered_after: Seconds | None = None  # how long after `answer`, then the seizure, an answered call was answered

    @property
    def sorts_out(self) -> bool:
        """Whether records of a file may be no calls, or legs of one call."""
        return bool(self.ignore) or self.legs is not None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that are needed, each once."""
        moments = (self.answer, self.seizure or (), *(self.span or ()))
        single = (*(name for moment in moments for name in moment), self.answered_field, self.duration)
        waited = (self.answered_after.field,) if self.answered_after else ()
        named = [name for column in (*self.columns.values(), *self.computed.values()) for name in column.all_fields]
        conditions = (*self.ignore, *self.set_aside)
        tested = [name for condition in conditions for test in condition.tests for name in test.fields]
        grouped = self.legs.group if self.legs is not None else ()
        turns = (self.turns.alike, self.turns.told_apart_by) if self.turns else ()
        needed = dict.fromkeys([*named, *(name for name in single if name), *waited, *tested, *grouped, *turns])
        return tuple(name for name in needed if name not in self.computed and name != PAGE_LINE)


@dataclass(frozen=True)
class CdrFormat:
    """A declared layout. `mapping` is None where the fields are the record's columns themselves (canonical)."""

    name: str
    path: Path
    digest: str
    layout: str
    description: str
    fields: tuple[str, ...] = ()
    optional_fields: int = 0
    has_more_fields: bool = False
    delimiter: str = ""
    quote: str = '"'
    encoding: str = "utf-8"
    damage_allowed: tuple[str, ...] = ()  # fields that are read where they are sound; damage to them costs no record
    header: Edge = Edge()
    trailer: Edge = Edge()
    fixed: tuple[FixedField, ...] = ()
    line_length: int | None = None
    page_lines: tuple[str, ...] = ()  # patterns of the lines of a printed page that are no records
    absent: tuple[str, ...] = ()  # fields that a file's line of names lacks
    file_date: date | None = None  # of the file that is read, for times without a year
    record_bytes: int = 0
    file_header_bytes: int = 0
    byte_order: str = "little"
    asn1_module: Path | None = None
    asn1_type: str = ""
    padding: tuple[int, ...] = ()
    ber: tuple[BerField, ...] = ()
    mapping: Mapping | None = None
    date_zone: str | None = None  # the zone of the date in its files' names; None: the branch's day

    @property
    def is_text(self) -> bool:
        """Whether a record is a line."""
        return self.layout in ("delimited", "fixed_width")

    @property
    def header_line(self) -> str:
        """The header line that the file must have, if its columns are declared and it names them."""
        return self.delimiter.join(self.fields)

    @property
    def has_optional_column(self) -> bool:
        """Whether the header line may have the column charged_number after the declared ones."""
        return self.mapping is None and CHARGED_COLUMN not in self.fields

    @property
    def full_header_line(self) -> str:
        """The header line with the optional column."""
        return self.delimiter.join((*self.fields, CHARGED_COLUMN))

    @cached_property
    def needed_fields(self) -> tuple[str, ...]:
        """The fields that are read, in the order in which the layouts return them."""
        needed = self.fields if self.mapping is None else self.mapping.fields
        return tuple(name for name in needed if name not in self.absent) if self.absent else needed

    @cached_property
    def sound_fields(self) -> tuple[str, ...]:
        """The fields in which damage makes a record malformed."""
        return tuple(name for name in self.needed_fields if name not in self.damage_allowed)

    @cached_property
    def sound_places(self) -> frozenset[int]:
        """The places of the sound fields in a line that has all fields, from 0."""
        sound = frozenset(self.sound_fields)
        return frozenset(at for at, name in enumerate(self.fields) if name in sound)
