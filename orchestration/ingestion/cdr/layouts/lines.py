"""Text layouts: the records of a file by its lines, and a record's fields where it has quotes. Without quotes DuckDB splits.

A field in quotes may hold line breaks (RFC 4180), and a switch may forget to double the quotes inside a field. Bytes that are
not of the file's encoding are damage only in a field that is needed. A line of the one byte 0x1A, which ended files under DOS
and CP/M, is not a record.
"""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from orchestration.ingestion.cdr.formats.model import CdrFormat
from orchestration.ingestion.file_reading.bounds import watch
from orchestration.ingestion.file_reading.byte_order_marks import without_mark
from orchestration.ingestion.file_reading.packing import open_unpacked

END_OF_FILE = b"\x1a"
_FILLER = b"\x00"
# Such a line may have several records, of which only one would be read.
_LONE_CR = "has a CR in it that ends no line; lines end with LF or CR LF"

#: Over how many further lines a field in quotes may go on.
MOST_FURTHER_LINES = 50

_CHUNK_BYTES = 1 << 20
# A byte that is invalid in the encoding, as Python reads it (surrogateescape), and its replacement in the fields.
_STRAY_BYTE = re.compile("[\udc80-\udcff]")
_REPLACEMENT = "\ufffd"


@dataclass(frozen=True)
class TextRecord:
    """A record as it is in its file. `fields` is None where the text is to be split at the delimiters (or columns)."""

    line_number: int  # of its first line
    place: int  # which record of the file it is, from 1
    text: str
    damage: str | None = None
    fields: list[str] | None = None


def read_records(landed: Path, layout: CdrFormat, last_line: int | None) -> Iterator[TextRecord]:
    """Every record of a file, damaged ones too; empty lines at the end are none.

    `last_line` is where the trailer ends the records; None where there is none.
    """
    empty: list[int] = []
    place = 0
    with open_unpacked(landed) as stream:
        lines = _Lines(stream, layout, last_line)
        while (line := lines.next()) is not None:
            number, raw = line
            if not raw:
                empty.append(number)
                continue
            for earlier in empty:
                place += 1
                yield TextRecord(earlier, place, "", "is empty")
            empty.clear()
            place += 1
            text, damage, fields = _record(raw, lines, layout)
            yield TextRecord(number, place, text, damage, fields)


def plain_lines(landed: Path, layout: CdrFormat) -> Iterator[tuple[int, str]]:
    """Number and text of the lines after the header, of a file whose records are its lines."""
    with open_unpacked(landed) as stream:
        for number, raw in islice(enumerate(stream, start=1), layout.header.lines, None):
            raw = without_mark(raw) if number == 1 else raw
            yield number, raw.removesuffix(b"\n").removesuffix(b"\r").decode(layout.encoding)


def is_plain(landed: Path) -> bool:
    """Whether all of a landed file's unpacked bytes are UTF-8, no end-of-file mark is among them, and no CR but before LF.

    For DuckDB a single CR ends a line too: then it finds more lines than the file has, and those at the end are not read.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_after_cr = False
    try:
        with open_unpacked(landed) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                pairs = chunk.count(b"\r\n") + (is_after_cr and chunk.startswith(b"\n"))
                if END_OF_FILE in chunk or chunk.count(b"\r") + is_after_cr - chunk.endswith(b"\r") != pairs:
                    return False
                is_after_cr = chunk.endswith(b"\r")
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
        if is_after_cr:
            return False
    except UnicodeDecodeError:
        return False
    return True


class _Lines:
    """The lines of records, one after the other, with a look at those that follow."""

    def __init__(self, stream: BinaryIO, layout: CdrFormat, last_line: int | None) -> None:
        self._ahead: deque[tuple[int, bytes]] = deque()
        self._read = self._lines(stream, layout, last_line)

    def next(self) -> tuple[int, bytes] | None:
        return self._ahead.popleft() if self._ahead else next(self._read, None)

    def following(self) -> Iterator[bytes]:
        """The lines that come next, which stay to be read."""
        for at in range(MOST_FURTHER_LINES):
            if at == len(self._ahead):
                line = next(self._read, None)
                if line is None:
                    return
                self._ahead.append(line)
            yield self._ahead[at][1]

    def skip(self, lines: int) -> None:
        for _ in range(lines):
            self._ahead.popleft()

    @staticmethod
    def _lines(stream: BinaryIO, layout: CdrFormat, last_line: int | None) -> Iterator[tuple[int, bytes]]:
        for number, raw in enumerate(stream, start=1):
            if number <= layout.header.lines:
                continue
            if last_line is not None and number > last_line:
                return
            if number == 1:
                raw = without_mark(raw)
            raw = raw.removesuffix(b"\n").rstrip(b"\r")
            if raw[:1] == END_OF_FILE or raw.rstrip(_FILLER)[-1:] == END_OF_FILE:
                # It ends the file, or the first of several that were copied into one. What fills the last block up is nothing.
                raw = raw.rstrip(_FILLER).strip(END_OF_FILE + _FILLER + b"\r")
                if not raw:
                    continue
            yield number, raw


def _record(raw: bytes, lines: _Lines, layout: CdrFormat) -> tuple[str, str | None, list[str] | None]:
    """Text, damage and fields of the record that begins with a line; further lines of it are taken from `lines`."""
    text = _decoded(raw, layout)
    if "\r" in text and "\r" in _unquoted(text, layout):
        return _shown(text), _LONE_CR, None
    is_stray = _STRAY_BYTE.search(text) is not None
    if layout.layout == "fixed_width":
        if not is_stray:
            return text, None, None
        needed = {field.name: text[field.start : field.start + field.length] for field in layout.fixed}
        return _shown(text), _stray(needed, layout), [_STRAY_BYTE.sub(_REPLACEMENT, text)]
    damage: str | None = None
    if not layout.quote or layout.quote not in text:
        if not is_stray:
            return text, None, None
        fields: list[str] | None = text.split(layout.delimiter)
    else:
        text, damage, fields = _quoted_record(text, lines, layout)
        is_stray = _STRAY_BYTE.search(text) is not None
    if not is_stray:
        return text, damage, fields
    if fields is not None:
        damage = _stray(dict(zip(layout.fields, fields, strict=False)), layout)
        fields = [_STRAY_BYTE.sub(_REPLACEMENT, field) for field in fields]
    return _shown(text), damage, fields


def _unquoted(text: str, layout: CdrFormat) -> str:
    """A line without the text in quotes."""
    if layout.layout == "fixed_width" or not layout.quote:
        return text
    quote = re.escape(layout.quote)
    return re.sub(f"{quote}[^{quote}]*({quote}|$)", "", text)


def _decoded(raw: bytes, layout: CdrFormat) -> str:
    return raw.decode(layout.encoding, errors="surrogateescape")


def _shown(text: str) -> str:
    r"""A text with its stray bytes as \xNN."""
    return _STRAY_BYTE.sub(lambda byte: f"\\x{ord(byte[0]) - 0xDC00:02x}", text)


def _stray(fields: dict[str, str], layout: CdrFormat) -> str | None:
    """What is wrong with a record that has stray bytes; None where no field with one is needed."""
    bad = next((name for name in layout.sound_fields if _STRAY_BYTE.search(fields.get(name, ""))), None)
    if bad is None:
        return None
    name = "UTF-8" if layout.encoding == "utf-8" else layout.encoding
    return f"is not {name}" + ("" if layout.mapping is None else f" in the field {bad}")


def _quoted_record(text: str, lines: _Lines, layout: CdrFormat) -> tuple[str, str | None, list[str] | None]:
    """A record whose first line has quotes: as RFC 4180 has it, else with quotes that were not doubled.

    Quotes that were not doubled do no harm to fields that are not needed. Lines are joined only where that gives the record all
    its fields; a line that is a complete record is never taken for the rest of a damaged one.
    """
    longest = watch().bounds.line
    fields, open_field = _split(text, layout, _strictly)
    if fields is not None:
        return text, None, fields
    if open_field:
        joined = text
        for count, raw in enumerate(lines.following(), start=1):
            joined += "\n" + _decoded(raw, layout)
            if len(joined) > longest:
                break
            fields, is_open = _split(joined, layout, _strictly)
            if fields is not None and _fits(fields, layout):
                lines.skip(count)
                return joined, None, fields
            if fields is not None or not is_open:
                break
    for way in (_to_first_end, _to_sure_end):
        fields, still_open = _split(text, layout, way)
        open_field = open_field or still_open
        if fields is not None and _fits(fields, layout):
            return text, None, fields
    joined = text
    for count, raw in enumerate(lines.following(), start=1):
        following = _decoded(raw, layout)
        if _is_whole(following, layout):
            break
        joined += "\n" + following
        if len(joined) > longest:
            break
        for way in (_to_first_end, _to_sure_end):
            fields, _ = _split(joined, layout, way)
            if fields is not None and _fits(fields, layout):
                lines.skip(count)
                return joined, None, fields
    where = f"the quote of field {open_field}" if open_field else "a quote"
    return text, f"is not a valid line of CSV: {where} does not end where the field does", None


def _fits(fields: list[str], layout: CdrFormat) -> bool:
    width = len(layout.fields)
    return len(fields) >= width - layout.optional_fields and (layout.has_more_fields or len(fields) <= width)


def _is_whole(text: str, layout: CdrFormat) -> bool:
    fields, _ = _split(text, layout, _strictly)
    return fields is not None and _fits(fields, layout)


def split_quoted(text: str, layout: CdrFormat) -> tuple[list[str] | None, str | None]:
    """The fields of a line that has quotes, or why it has none: (fields, None) or (None, damage)."""
    open_field = 0
    for way in (_strictly, _to_first_end):
        fields, open_field = _split(text, layout, way)
        if fields is not None:
            return fields, None
    return None, f"is not a valid line of CSV: the quote of field {open_field} does not end where the field does"


@dataclass(frozen=True)
class _Signs:
    """The patterns of a layout's delimiter and quote. Blanks around quotes do not count, as DuckDB reads a whole file."""

    quote: str
    begin: re.Pattern[str]
    strict: re.Pattern[str]  # a field in quotes by RFC 4180
    strict_rest: re.Pattern[str]  # what may follow a quote that is still open
    end: re.Pattern[str]  # a quote that may end a field
    plain: re.Pattern[str]


@cache
def _signs(delimiter: str, quote: str) -> _Signs:
    d, q = re.escape(delimiter), re.escape(quote)
    return _Signs(
        quote,
        re.compile(f" *{q}"),
        re.compile(rf" *{q}((?:[^{q}]|{q}{q})*+){q} *(?={d}|\Z)"),
        re.compile(rf"(?:[^{q}]|{q}{q})*+\Z"),
        re.compile(rf"{q} *(?={d}|\Z)"),
        re.compile(rf"[^{d}]*"),
    )


# A way to read a field in quotes: (text, where it begins, signs) → (content, where it ends), or whether it is still open.
_Found = tuple[str, int] | bool


def _split(text: str, layout: CdrFormat, way: Callable[[str, int, _Signs], _Found]) -> tuple[list[str] | None, int]:
    """The fields of a text by a way of reading quotes: (fields, 0), or None and the field whose quote does not end (0: one is
    out of place)."""
    signs = _signs(layout.delimiter, layout.quote)
    # A field that is needed is read strictly or not at all.
    strict_fields = frozenset() if way is _strictly else layout.sound_places
    fields: list[str] = []
    at = 0
    while True:
        if signs.begin.match(text, at) is not None:
            found = way(text, at, signs)
            if isinstance(found, bool):
                return None, len(fields) + 1 if found else 0
            if len(fields) in strict_fields and _strictly(text, at, signs) != found:
                return None, len(fields) + 1
            content, at = found
            fields.append(content)
        else:
            match = signs.plain.match(text, at)
            assert match is not None, "a field may be empty"
            if way is _strictly and signs.quote in match[0]:
                return None, 0
            fields.append(match[0])
            at = match.end()
        if at >= len(text):
            return fields, 0
        at += 1


def _strictly(text: str, at: int, signs: _Signs) -> _Found:
    """A field as RFC 4180 has it."""
    match = signs.strict.match(text, at)
    if match is not None:
        return match[1].replace(signs.quote * 2, signs.quote), match.end()
    begin = signs.begin.match(text, at)
    assert begin is not None, "the field begins with a quote"
    return signs.strict_rest.match(text, begin.end()) is not None


def _to_first_end(text: str, at: int, signs: _Signs) -> _Found:
    """A field up to the first quote with a delimiter behind it, whatever quotes are inside."""
    return next(_ends(text, at, signs), True)


def _to_sure_end(text: str, at: int, signs: _Signs) -> _Found:
    """A field up to the first such quote after which no field without quotes holds one: that one is the rest of a name."""
    for content, end in _ends(text, at, signs):
        if end >= len(text) or signs.begin.match(text, end + 1) is not None:
            return content, end
        match = signs.plain.match(text, end + 1)
        assert match is not None, "a field may be empty"
        if signs.quote not in match[0]:
            return content, end
    return True


def _ends(text: str, at: int, signs: _Signs) -> Iterator[tuple[str, int]]:
    begin = signs.begin.match(text, at)
    assert begin is not None, "the field begins with a quote"
    for match in signs.end.finditer(text, begin.end()):
        yield text[begin.end() : match.start()].replace(signs.quote * 2, signs.quote), match.end()
