"""Text layouts: the lines of a file, and a line's fields where it has quotes. Without quotes DuckDB splits."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from orchestration.ingestion.cdr_formats import CdrFormat
from orchestration.ingestion.packing import open_unpacked

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_CHUNK_BYTES = 1 << 20


def read_lines(
    landed: Path, layout: CdrFormat, last_line: int | None
) -> Iterator[tuple[int, str, str | None, list[str] | None]]:
    """(line number, text, damage, fields where quoted) of every record line; empty lines at the end are none.

    `last_line` is where the trailer ends it; None where there is none.
    """
    empty: list[int] = []
    quote = layout.quote.encode()
    with open_unpacked(landed) as stream:
        for number, raw in enumerate(stream, start=1):
            if number <= layout.header.lines:
                continue
            if last_line is not None and number > last_line:
                break
            if number == 1:
                raw = raw.removeprefix(BYTE_ORDER_MARK)
            raw = raw.removesuffix(b"\n").removesuffix(b"\r")
            if not raw:
                empty.append(number)
                continue
            if empty:
                yield from ((earlier, "", "is empty", None) for earlier in empty)
                empty.clear()
            try:
                text = raw.decode(layout.encoding)
            except UnicodeDecodeError:
                told = "UTF-8" if layout.encoding == "utf-8" else layout.encoding
                yield number, raw.decode(layout.encoding, errors="backslashreplace"), f"is not {told}", None
                continue
            if layout.layout == "fixed_width" or not quote or quote not in raw:
                yield number, text, None, None
                continue
            fields, damage = split_quoted(text, layout)
            yield number, text, damage, fields


def split_quoted(text: str, layout: CdrFormat) -> tuple[list[str] | None, str | None]:
    """The fields of a line that has quotes, or why it has none: (fields, None) or (None, damage)."""
    if layout.mapping is None:
        try:
            return next(csv.reader([text], delimiter=layout.delimiter, strict=True)), None
        except csv.Error as error:
            return None, f"is no line of CSV: {error}"
    # As DuckDB reads a whole file: blanks around quotes do not count, which Python's csv takes for text.
    quoted, plain = _field_patterns(layout.delimiter, layout.quote)
    fields, at = [], 0
    while True:
        match = quoted.match(text, at)
        if match is not None:
            fields.append(match[1].replace(layout.quote * 2, layout.quote))
        elif text[at:].lstrip(" ").startswith(layout.quote):
            return None, f"is no line of CSV: the quote of field {len(fields) + 1} does not end where the field does"
        else:
            match = plain.match(text, at)
            assert match is not None, "a field may be empty"
            fields.append(match[0])
        at = match.end()
        if at >= len(text):
            return fields, None
        at += 1


@cache
def _field_patterns(delimiter: str, quote: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    d, q = re.escape(delimiter), re.escape(quote)
    return re.compile(rf" *{q}((?:[^{q}]|{q}{q})*){q} *(?={d}|$)"), re.compile(rf"[^{d}]*")


def is_utf8(landed: Path) -> bool:
    """Whether all of a landed file's unpacked bytes are UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with open_unpacked(landed) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
