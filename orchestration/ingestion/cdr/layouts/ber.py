"""Records in ASN.1 BER, one after the other (ITU-T X.690): framed here by tag and length, decoded by asn1tools.

A record that does not decode is set aside alone, for its length is known from its own length octets. Where the octets of a
tag or a length make no sense, nothing after them can be split into records, and the rest of the file is one record with its offset.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from orchestration.ingestion.cdr.formats.model import BerField, CdrFormat
from orchestration.ingestion.cdr.layouts.binary import arrow_schema
from orchestration.ingestion.file_reading.bounds import Bounds, watch
from orchestration.ingestion.file_reading.packing import open_unpacked

# TBCD digits of 3GPP TS 29.002 (TBCD-STRING): low nibble first, 1111 fills up.
_TBCD = "0123456789*#abc"
_RECORDS_AT_ONCE, _OCTETS_AT_ONCE, _CHUNK_OCTETS = 50_000, 16 << 20, 256 << 10
_CUT = "is cut at the file's end: the record at byte {} is longer than what is left"
_INTERNATIONAL = 1  # type of number of an AddressString's first octet, 3GPP TS 24.008 10.5.4.7


def batches(landed: Path, layout: CdrFormat) -> Iterator[pa.RecordBatch]:
    """line_number (which record, from 1), record_text (hex), damage, and the fields as text."""
    import asn1tools  # only here: most branches have no such switch

    specification = asn1tools.compile_files(str(layout.asn1_module), "ber")
    wanted = {field.name: field for field in layout.ber}
    fields = [wanted[name] for name in layout.needed_fields]
    schema = arrow_schema(len(fields))
    rows: list[list[Any]] = []
    octets = 0
    with open_unpacked(landed) as stream:
        for number, (record, damage) in enumerate(_framed(stream, layout.padding), start=1):
            texts: list[str | None] = [None] * len(fields)
            if damage is None:
                try:
                    decoded = _decode(specification, layout, record)
                    texts = [_text(field, decoded) for field in fields]
                except (
                    asn1tools.DecodeError,
                    ValueError,
                    LookupError,
                    TypeError,
                    ArithmeticError,
                    RecursionError,
                ) as error:
                    damage = f"does not decode as {layout.asn1_type}: {str(error) or type(error).__name__}"
            rows.append([number, record.hex(), damage, *texts])
            octets += len(record)
            if len(rows) >= _RECORDS_AT_ONCE or octets >= _OCTETS_AT_ONCE:
                yield _batch(rows, schema)
                rows, octets = [], 0
    if rows:
        yield _batch(rows, schema)


def count_records(landed: Path, layout: CdrFormat) -> int:
    """How many records a file has, damaged ones too."""
    with open_unpacked(landed) as stream:
        return sum(1 for _ in _framed(stream, layout.padding))


def _batch(rows: list[list[Any]], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _decode(specification: Any, layout: CdrFormat, record: bytes) -> Any:
    decoded, length = specification.decode_with_length(layout.asn1_type, record)
    if length != len(record):
        raise ValueError(f"it decodes to {length} of its {len(record)} octets")
    return decoded


class _Octets:
    """The octets of a file from where the next record begins; never many more of them than a record may have."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._content, self._at = b"", 0
        self.offset = 0  # of the next record in the file

    def __getitem__(self, at: int) -> int:
        """The octet so many after the beginning of the record. Raises IndexError where the file ends before it."""
        self._fill(at + 1)
        return self._content[self._at + at]

    def first(self, octets: int) -> bytes:
        """So many octets from the beginning of the record; fewer where the file ends before."""
        self._fill(octets)
        return self._content[self._at : self._at + octets]

    def skip(self, octets: int) -> None:
        """The next record begins so many octets later."""
        self._at += octets
        self.offset += octets
        while self._at > len(self._content):
            self._at -= len(self._content)
            self._content = self._stream.read(_CHUNK_OCTETS)
            if not self._content:
                self._at = 0

    def rest(self) -> int:
        """Pass over all that is left; how many octets that was."""
        octets = 0
        while left := len(self.first(_CHUNK_OCTETS)):
            self.skip(left)
            octets += left
        return octets

    def _fill(self, octets: int) -> None:
        if len(self._content) - self._at < octets:
            left = self._content[self._at :]
            self._content = left + self._stream.read(max(_CHUNK_OCTETS, octets - len(left)))
            self._at = 0


def _framed(stream: BinaryIO, padding: tuple[int, ...]) -> Iterator[tuple[bytes, str | None]]:
    """The records, each with its damage, if any. Of a record longer than a line may be, the beginning is shown."""
    octets, bounds = _Octets(stream), watch().bounds
    while first := octets.first(1):
        if first[0] in padding:
            octets.skip(1)
            continue
        at = octets.offset
        try:
            end = _end_of(octets, 0, bounds)
        except IndexError:
            end = None
        except ValueError as error:
            yield octets.first(bounds.line), f"cannot be framed from byte {at} of the file on: {error}"
            return
        if end is not None and end > bounds.line:
            shown = octets.first(bounds.line)
            octets.skip(end - 1)
            if octets.first(1):
                octets.skip(1)
                yield shown, f"has {end} octets, and no record has more than {bounds.line} (`bounds: {{line: …}}`)"
                continue
            yield shown, _CUT.format(at)
            return
        if end is None or len(octets.first(end)) < end:
            yield octets.first(bounds.line), _CUT.format(at)
            return
        yield octets.first(end), None
        octets.skip(end)


def _end_of(content: _Octets, at: int, bounds: Bounds, depth: int = 0) -> int:
    """Where the value that begins at an offset ends (X.690 8.1.2 and 8.1.3)."""
    if depth > bounds.asn1_depth:
        raise ValueError(f"values of no definite length are nested deeper than {bounds.asn1_depth} levels")
    begin = at
    at += 1
    if content[begin] & 0x1F == 0x1F:  # high tag number: continued while bit 8 is set
        while content[at] & 0x80 and at <= bounds.line:
            at += 1
        at += 1
    length = content[at]
    at += 1
    if length < 0x80:
        return at + length
    if length == 0xFF:
        raise ValueError("a length octet of 0xFF is reserved")
    if length > 0x80:
        octets = bytes(content[at + step] for step in range(length & 0x7F))
        return at + len(octets) + int.from_bytes(octets, "big")
    if not content[begin] & 0x20:
        raise ValueError("a primitive value has no definite length")
    while at <= bounds.line:  # an inner value may claim to be longer than any file
        if not (content[at] or content[at + 1]):
            return at + 2
        at = _end_of(content, at, bounds, depth + 1)
    raise ValueError(f"no record has more than {bounds.line} octets (`bounds: {{line: …}}`)")


def _text(field: BerField, record: Any) -> str:
    for path in field.paths:
        value = _value(record, path)
        if value is not None:
            return _as_text(field.type, value)
    return ""


def _value(record: Any, path: tuple[str, ...]) -> Any:
    """The value at a path: members of sequences by name, a choice by the name of what was chosen ('*': any)."""
    value = record
    for name in path:
        if isinstance(value, tuple):
            if name == "?":  # which alternative it is
                return value[0]
            if name not in (value[0], "*"):
                return None
            value = value[1]
        elif isinstance(value, dict):
            value = value.get(name)
        else:
            return None
    return value[1] if isinstance(value, tuple) else value


def _as_text(kind: str, value: Any) -> str:
    if kind == "text":
        return value.decode("latin-1") if isinstance(value, bytes) else str(value)
    if not isinstance(value, bytes):
        raise ValueError(f"{kind} is written in octets, not as {type(value).__name__}")
    if kind == "tbcd":
        return _tbcd(value)
    if kind == "address":
        # The first octet gives the type of number and the plan; an international number is dialled with 00.
        return ("00" if value[:1] and value[0] >> 4 & 7 == _INTERNATIONAL else "") + _tbcd(value[1:])
    # TimeStamp of 3GPP TS 32.298: YYMMDDhhmmss in BCD, the sign in ASCII, hhmm in BCD.
    if len(value) != 9 or value[6:7] not in (b"+", b"-"):
        raise ValueError(f"{value.hex()} is not a valid TimeStamp of nine octets")
    digits = value[:6].hex()
    pairs = [digits[at : at + 2] for at in range(0, 12, 2)]
    return f"20{'-'.join(pairs[:3])} {':'.join(pairs[3:])}{value[6:7].decode()}{value[7:].hex()}"


def _tbcd(octets: bytes) -> str:
    nibbles = [nibble for octet in octets for nibble in (octet & 0x0F, octet >> 4)]
    while nibbles and nibbles[-1] == 0x0F:
        nibbles.pop()
    return "".join(_TBCD[nibble] if nibble < 15 else "?" for nibble in nibbles)
