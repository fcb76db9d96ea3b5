"""Records in ASN.1 BER, one after the other (ITU-T X.690): framed here by tag and length, decoded by asn1tools.

A record that does not decode is set aside alone, for its length is known from its own length octets. Where the octets of a
tag or a length make no sense, nothing after them can be framed, and the rest of the file is one record with its offset told.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from orchestration.ingestion.cdr_formats import BerField, CdrFormat
from orchestration.ingestion.cdr_layouts.binary import arrow_schema
from orchestration.ingestion.packing import open_unpacked

# TBCD digits of 3GPP TS 29.002 (TBCD-STRING): low nibble first, 1111 fills up.
_TBCD = "0123456789*#abc"
_INTERNATIONAL = 1  # type of number of an AddressString's first octet, 3GPP TS 24.008 10.5.4.7


def read_table(landed: Path, layout: CdrFormat) -> pa.Table:
    """line_number (which record, from 1), record_text (hex), damage, and the fields as text."""
    import asn1tools  # only here: most branches have no such switch

    specification = asn1tools.compile_files(str(layout.asn1_module), "ber")
    wanted = {field.name: field for field in layout.ber}
    fields = [wanted[name] for name in layout.needed_fields]
    with open_unpacked(landed) as stream:
        content = stream.read()
    rows: list[list[Any]] = []
    for number, (record, damage) in enumerate(_framed(content, layout.padding), start=1):
        texts: list[str | None] = [None] * len(fields)
        if damage is None:
            try:
                decoded = _decode(specification, layout, record)
                texts = [_text(field, decoded) for field in fields]
            except (asn1tools.DecodeError, ValueError, IndexError, KeyError, TypeError) as error:
                damage = f"does not decode as {layout.asn1_type}: {str(error) or type(error).__name__}"
        rows.append([number, record.hex(), damage, *texts])
    schema = arrow_schema(len(fields))
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in schema]
    return pa.table([pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)], schema=schema)


def _decode(specification: Any, layout: CdrFormat, record: bytes) -> Any:
    decoded, length = specification.decode_with_length(layout.asn1_type, record)
    if length != len(record):
        raise ValueError(f"it decodes to {length} of its {len(record)} octets")
    return decoded


def _framed(content: bytes, padding: tuple[int, ...]) -> Iterator[tuple[bytes, str | None]]:
    at = 0
    while at < len(content):
        if content[at] in padding:
            at += 1
            continue
        try:
            end = _end_of(content, at)
        except IndexError:
            end = len(content) + 1
        except ValueError as error:
            yield content[at:], f"cannot be framed from byte {at} of the file on: {error}"
            return
        if end > len(content):
            yield content[at:], f"is cut at the file's end: the record at byte {at} is longer than what is left"
            return
        yield content[at:end], None
        at = end


def _end_of(content: bytes, at: int, depth: int = 0) -> int:
    """Where the value that begins at an offset ends (X.690 8.1.2 and 8.1.3)."""
    if depth > 50:
        raise ValueError("values of no definite length stand in one another without end")
    begin = at
    at += 1
    if content[begin] & 0x1F == 0x1F:  # high tag number: continued while bit 8 is set
        while content[at] & 0x80:
            at += 1
        at += 1
    length = content[at]
    at += 1
    if length < 0x80:
        return at + length
    if length == 0xFF:
        raise ValueError("a length octet of 0xFF is reserved")
    if length > 0x80:
        octets = content[at : at + (length & 0x7F)]
        return at + len(octets) + int.from_bytes(octets, "big")
    if not content[begin] & 0x20:
        raise ValueError("a primitive value has no definite length")
    while content[at : at + 2] != b"\0\0":
        at = _end_of(content, at, depth + 1)
        if at >= len(content):
            raise IndexError(at)
    return at + 2


def _text(field: BerField, record: Any) -> str:
    for path in field.paths:
        value = _value(record, path)
        if value is not None:
            return _as_text(field.type, value)
    return ""


def _value(record: Any, path: tuple[str, ...]) -> Any:
    """What stands at a path: members of sequences by name, a choice by the name of what was chosen ('*': any)."""
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
        # The first octet says the type of number and the plan; an international one is dialled with 00.
        return ("00" if value[:1] and value[0] >> 4 & 7 == _INTERNATIONAL else "") + _tbcd(value[1:])
    # TimeStamp of 3GPP TS 32.298: YYMMDDhhmmss in BCD, the sign in ASCII, hhmm in BCD.
    if len(value) != 9 or value[6:7] not in (b"+", b"-"):
        raise ValueError(f"{value.hex()} is no TimeStamp of nine octets")
    digits = value[:6].hex()
    pairs = [digits[at : at + 2] for at in range(0, 12, 2)]
    return f"20{'-'.join(pairs[:3])} {':'.join(pairs[3:])}{value[6:7].decode()}{value[7:].hex()}"


def _tbcd(octets: bytes) -> str:
    nibbles = [nibble for octet in octets for nibble in (octet & 0x0F, octet >> 4)]
    while nibbles and nibbles[-1] == 0x0F:
        nibbles.pop()
    return "".join(_TBCD[nibble] if nibble < 15 else "?" for nibble in nibbles)
