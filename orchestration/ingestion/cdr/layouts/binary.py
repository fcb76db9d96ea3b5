"""Fixed-length binary records, decoded column by column with numpy: whole numbers, BCD digits, packed times, text.

A field's bytes become text as a person would write it; the record rules decide whether that text is a number or a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from orchestration.ingestion.cdr.formats.model import CdrFormat, FixedField
from orchestration.ingestion.file_reading.packing import open_unpacked

_RECORDS_AT_ONCE, _BYTES_AT_ONCE = 50_000, 32 << 20
_Bytes = np.ndarray[Any, np.dtype[np.uint8]]

_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
# Two decimal digits of 0 to 99; what is above has none and shows as such in the text.
_TWO_DIGITS = np.frombuffer(
    b"".join(b"%02d" % value if value < 100 else b"??" for value in range(256)), dtype=np.uint8
).reshape(256, 2)
_PLACES = {"YYYY": 0, "YY": 2, "MM": 5, "DD": 8, "hh": 11, "mm": 14, "ss": 17}


def batches(landed: Path, layout: CdrFormat, with_text: bool) -> Iterator[pa.RecordBatch]:
    """line_number (the record's number, from 1), record_text (hex, where requested), damage, and the fields as text.

    An incomplete record at the end is one record with its damage; only with text.
    """
    needed = {field.name: field for field in layout.fixed}
    wanted = [needed[name] for name in layout.needed_fields]
    schema = arrow_schema(len(wanted))
    with open_unpacked(landed) as stream:
        stream.read(layout.file_header_bytes)
        at_once = max(1, min(_RECORDS_AT_ONCE, _BYTES_AT_ONCE // layout.record_bytes))
        for first in count(1, at_once):
            content = stream.read(at_once * layout.record_bytes)
            whole = len(content) // layout.record_bytes
            if whole:
                records = np.frombuffer(content, dtype=np.uint8, count=whole * layout.record_bytes)
                records = records.reshape(whole, layout.record_bytes)
                texts = _hex(records) if with_text else pa.nulls(whole, pa.string())
                numbers = pa.array(np.arange(first, first + whole, dtype=np.int64))
                fields = [_decoded(field, records, layout.byte_order) for field in wanted]
                columns = [numbers, texts, pa.nulls(whole, pa.string()), *fields]
                yield pa.RecordBatch.from_arrays(columns, schema=schema)
            rest = content[whole * layout.record_bytes :]
            if rest and with_text:
                damage = f"is cut: it has {len(rest)} bytes instead of {layout.record_bytes}"
                values = [[first + whole], [rest.hex()], [damage], *([None] for _ in wanted)]
                yield pa.RecordBatch.from_arrays(
                    [pa.array(value, kind) for value, kind in zip(values, schema.types, strict=True)], schema=schema
                )
            if len(content) < at_once * layout.record_bytes:
                return


def whole_records(landed: Path, layout: CdrFormat) -> int | None:
    """How many records a file has; None where its length is not that of whole records."""
    size = 0
    with open_unpacked(landed) as stream:
        while chunk := stream.read(1 << 20):
            size += len(chunk)
    body = size - layout.file_header_bytes
    return body // layout.record_bytes if body >= 0 and body % layout.record_bytes == 0 else None


def arrow_schema(fields: int) -> pa.Schema:
    """The columns of a batch of records with so many fields."""
    names = [("line_number", pa.int64()), ("record_text", pa.string()), ("damage", pa.string())]
    return pa.schema([*names, *((f"field_{at}", pa.string()) for at in range(fields))])


def _decoded(field: FixedField, records: _Bytes, byte_order: str) -> pa.Array:
    part = records[:, field.start : field.start + field.length]
    if field.type in ("uint", "int"):
        return _whole_numbers(field, part, byte_order)
    if field.type == "bcd":
        return _digits(field, part)
    if field.type == "time":
        return _times(field, part, byte_order)
    # Text ends at its first NUL; blanks fill it up.
    ended = np.cumsum(part == 0, axis=1) > 0
    blank = np.logical_and.accumulate((ended | (part == 0x20))[:, ::-1], axis=1)[:, ::-1]
    return _strings(np.where(part < 0x80, part, ord("?")).astype(np.uint8), ~(ended | blank))


def _whole_numbers(field: FixedField, part: _Bytes, byte_order: str) -> pa.Array:
    padded = np.zeros((len(part), 8), dtype=np.uint8)
    if byte_order == "little":
        padded[:, : field.length] = part
    else:
        padded[:, : field.length] = part[:, ::-1]
    unsigned = padded.view("<u8").reshape(-1)
    if field.bits is not None:
        low, high = field.bits
        unsigned = (unsigned >> np.uint64(low)) & np.uint64((1 << (high - low + 1)) - 1)
    if field.type == "int":
        shift = np.uint64(64 - 8 * field.length)
        return pa.array((unsigned << shift).view(np.int64) >> np.int64(shift)).cast(pa.string())
    return pa.array(unsigned).cast(pa.string())


def _nibbles(part: _Bytes, order: str) -> _Bytes:
    nibbles = np.empty((len(part), part.shape[1] * 2), dtype=np.uint8)
    high, low = (0, 1) if order == "high_first" else (1, 0)
    nibbles[:, high::2] = part >> 4
    nibbles[:, low::2] = part & 0x0F
    return nibbles


def _digits(field: FixedField, part: _Bytes) -> pa.Array:
    """Digits up to where fillers begin; a digit after a filler leaves the fillers in the text, so that nothing is cut."""
    shown = np.frombuffer((field.digits + "?").encode("ascii", "replace"), dtype=np.uint8).copy()
    shown[field.filler] = ord("?")
    # Both digits of an octet at once: a table of 256 pairs, looked up as one number each.
    octets = np.arange(256, dtype=np.uint8)[:, None]
    pairs = np.ascontiguousarray(shown[_nibbles(octets, field.nibbles)]).view(np.uint16).reshape(256)
    ends = np.ascontiguousarray(_nibbles(octets, field.nibbles) == field.filler).view(np.uint16).reshape(256)
    chars = pairs[part].view(np.uint8)
    digits_from_the_end = ~ends[part].view(np.bool_)[:, ::-1]
    lengths = chars.shape[1] - digits_from_the_end.argmax(axis=1)
    lengths[~digits_from_the_end.any(axis=1)] = 0
    return _strings(chars, np.arange(chars.shape[1]) < lengths[:, None])


def _times(field: FixedField, part: _Bytes, byte_order: str) -> pa.Array:
    """`YYYY-MM-DD hh:mm:ss`; '' where every byte is 0 or every byte is 0xFF, as switches write "no time"."""
    chars = np.empty((len(part), 19), dtype=np.uint8)
    chars[:] = np.frombuffer(b"2000-00-00 00:00:00", dtype=np.uint8)
    at = 0
    for name in field.parts:
        place = _PLACES[name]
        if name == "YYYY" and field.encoding == "binary":
            low, high = (at, at + 1) if byte_order == "little" else (at + 1, at)
            year = part[:, low].astype(np.uint16) | (part[:, high].astype(np.uint16) << 8)
            chars[:, 0:2], chars[:, 2:4] = _TWO_DIGITS[np.minimum(year // 100, 255)], _TWO_DIGITS[year % 100]
            at += 2
            continue
        for step in range(2 if name == "YYYY" else 1):
            byte = part[:, at + step]
            chars[:, place + 2 * step : place + 2 * step + 2] = (
                _TWO_DIGITS[byte] if field.encoding == "binary" else _HEX[_nibbles(byte[:, None], field.nibbles)]
            )
        at += 2 if name == "YYYY" else 1
    nothing = (part == 0).all(axis=1) | (part == 0xFF).all(axis=1)
    return _strings(chars, np.broadcast_to(~nothing[:, None], chars.shape))


def _hex(records: _Bytes) -> pa.Array:
    chars = _HEX[_nibbles(records, "high_first")]
    return _strings(chars, np.ones(chars.shape, dtype=bool))


def _strings(chars: _Bytes, kept: np.ndarray[Any, np.dtype[np.bool_]]) -> pa.Array:
    """The kept characters of each row as one text, without a step per row."""
    offsets = np.zeros(len(chars) + 1, dtype=np.int64)
    np.cumsum(kept.sum(axis=1), out=offsets[1:])
    data = np.ascontiguousarray(chars[kept])
    large = pa.LargeStringArray.from_buffers(len(chars), pa.py_buffer(offsets), pa.py_buffer(data))
    return large.cast(pa.string())
