"""The part of a call format's declaration that describes its layout, as models: headers, trailers and places of fields.

docs/formats.md explains the fields; the classes that they become are in model.py.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from orchestration.declarations import Declared, Fault, Maybe, NonNegative, Positive, Says
from orchestration.ingestion.cdr.formats.declared_columns import GroupPattern, Texts
from orchestration.ingestion.cdr.formats.model import BerField, Control, Edge, FixedField

_TIME_PARTS = ("YYYY", "YY", "MM", "DD", "hh", "mm", "ss")
_NO_BITS = "write the lowest and the highest bit of a uint, counted from 0: [0, 3]"


def _known_encoding(name: str) -> str:
    try:
        known = codecs.lookup(name).name
        line_break = "\n".encode(known)
    except LookupError as error:
        raise ValueError("no such encoding; write utf-8, latin-1 or gb18030") from error
    if known == "utf-8-sig":
        return "utf-8"  # a byte order mark is accepted of every file
    if line_break != b"\n":
        raise ValueError(f"{name} has line breaks of more than a byte, which are not read; have the files converted")
    return known


Encoding = Annotated[str, AfterValidator(_known_encoding)]


class ControlLine(Declared):
    """Where a header or trailer says something of the file."""

    line: Positive = Field(1, description="Which of the lines, from 1.")
    pattern: GroupPattern = Field(description="The line; its first group is what it says.")

    def control(self) -> Control:
        """What is declared."""
        return Control(self.line, self.pattern)


def _line_faults(lines: int, controls: dict[str, ControlLine | None]) -> Iterator[Fault]:
    for name, control in controls.items():
        if control is not None and control.line > lines:
            yield (name, "line"), f"there are {lines} lines; write lines, or another line"


class Header(Declared):
    """The lines before the records."""

    lines: NonNegative = Field(0, description="How many lines.")
    names: Maybe[Positive] = Field(None, description="Which of the lines names the fields, from 1.")
    records: Maybe[ControlLine] = Field(None, description="Where the number of records stands.")
    optional_names: Texts = Field([], description="Fields that the line of names may lack; they say nothing then.")

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        if self.names is not None and self.names > self.lines:
            yield ("names",), self.no_names()
        if self.optional_names and self.names is None:
            yield ("optional_names",), "write names too: which of the header lines names the fields"
        yield from _line_faults(self.lines, {"records": self.records})

    def no_names(self) -> str:
        """What to say where no line can name the fields."""
        return f"write which of the {self.lines} header lines names the fields (delimited layouts only)"

    def edge(self) -> Edge:
        """What is declared."""
        records = None if self.records is None else self.records.control()
        return Edge(self.lines, self.names or 0, records, None, tuple(self.optional_names))


class Trailer(Declared):
    """The lines after the records."""

    lines: NonNegative = Field(0, description="How many lines.")
    records: Maybe[ControlLine] = Field(None, description="Where the number of records stands.")
    md5: Maybe[ControlLine] = Field(None, description="Where the MD5 of every byte before the trailer stands, in hex.")

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        if self.lines and self.records is None and self.md5 is None:
            yield ("records",), "say by what a trailer is known: records or md5, {line: 1, pattern: '^([0-9]+)$'}"
        yield from _line_faults(self.lines, {"records": self.records, "md5": self.md5})

    def edge(self) -> Edge:
        """What is declared."""
        records = None if self.records is None else self.records.control()
        return Edge(self.lines, 0, records, None if self.md5 is None else self.md5.control())


class LineField(Declared):
    """A field of a line of fixed columns."""

    name: str = Field(description="The field's name.")
    column: Positive = Field(description="Its first column, from 1.")
    length: Positive = Field(description="How many characters it has.")

    def fixed(self) -> FixedField:
        """What is declared."""
        return FixedField(self.name, self.column - 1, self.length)


class ByteField(Declared):
    """A field of a record of fixed bytes."""

    name: str = Field(description="The field's name.")
    offset: NonNegative = Field(description="Its first byte, from 0.")
    bytes: Positive = Field(description="How many bytes it has.")
    type: Literal["uint", "int", "bcd", "time", "text"] = Field(description="How its bytes are read.")
    nibbles: Literal["high_first", "low_first"] = Field(
        "high_first", description="Which half of a byte of BCD is the first digit."
    )
    filler: Annotated[int, Field(ge=10, le=15), Says("write the nibble that fills up, 0xA to 0xF")] = Field(
        15, description="The nibble that fills up BCD, 0xA to 0xF."
    )
    digits: Annotated[
        str,
        Field(min_length=15, max_length=15),
        Says('write what the nibbles 0 to 14 stand for, as "0123456789*#abc"'),
    ] = Field("0123456789*#abc", description="What the nibbles 0 to 14 of BCD stand for.")
    parts: Texts = Field([], description="The parts of a time in their order, as [YY, MM, DD, hh, mm, ss].")
    encoding: Literal["binary", "bcd"] = Field("binary", description="How the parts of a time are written.")
    bits: Annotated[list[int], Field(min_length=2, max_length=2), Says(_NO_BITS)] | None = Field(
        None, description="The lowest and the highest bit of a uint, counted from 0."
    )

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        if self.type in ("uint", "int") and self.bytes > 8:
            yield ("bytes",), "write 1 to 8 for a whole number"
        if self.type == "time":
            needed = sum(2 if name == "YYYY" else 1 for name in self.parts)
            names = sorted(name.replace("YYYY", "YY") for name in self.parts)
            if names != sorted(_TIME_PARTS[1:]) or needed != self.bytes:
                yield (
                    ("parts",),
                    f"write the parts of the {self.bytes} bytes in their order, as [YY, MM, DD, hh, mm, ss]",
                )
        if self.bits is not None:
            lowest, highest = self.bits
            if self.type != "uint" or not 0 <= lowest <= highest < 8 * self.bytes:
                yield ("bits",), _NO_BITS

    def fixed(self) -> FixedField:
        """What is declared."""
        bits = None if self.bits is None else (self.bits[0], self.bits[1])
        return FixedField(
            self.name,
            self.offset,
            self.bytes,
            self.type,
            self.nibbles,
            self.filler,
            self.digits,
            tuple(self.parts),
            self.encoding,
            bits,
        )


class Asn1Field(Declared):
    """A field of an ASN.1 record."""

    name: str = Field(description="The field's name.")
    paths: Annotated[
        list[str],
        Field(min_length=1),
        Says("write where it stands in the record, as [moCallRecord.callingNumber]"),
    ] = Field(description="Where it stands in the record; the first path that is there counts.")
    type: Literal["text", "tbcd", "address", "timestamp"] = Field("text", description="How its value is read.")

    def ber(self) -> BerField:
        """What is declared."""
        return BerField(self.name, tuple(tuple(path.split(".")) for path in self.paths), self.type)


def name_faults(names: list[str]) -> Iterator[Fault]:
    """Two fields of one name."""
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        yield ("fields",), f"{twice[0]} stands twice; give each field its own name"
