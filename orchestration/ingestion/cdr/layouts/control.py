"""What the header and trailer of a text file declare: the names of its fields, the number of records, an MD5 of its bytes."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from orchestration.ingestion.cdr.formats.model import CdrFormat, Control
from orchestration.ingestion.cdr.layouts.lines import END_OF_FILE, split_quoted
from orchestration.ingestion.file_reading.byte_order_marks import without_mark
from orchestration.ingestion.file_reading.packing import open_unpacked
from orchestration.ingestion.file_reading.whole_numbers import whole_number

_FILLING = b"\r\n" + END_OF_FILE


@dataclass
class FileControls:
    """What the header and trailer of a file declare. `faults` are counts that disagree and lines that cannot be found."""

    names: list[str] | None = None
    header_line: str | None = None  # the first line of the header
    counts: list[tuple[str, int]] = field(default_factory=list)  # where it is said, and what
    faults: list[str] = field(default_factory=list)
    last_line: int | None = None  # the last line that is a record; None where no trailer ends them


def read_controls(landed: Path, layout: CdrFormat) -> FileControls:
    """Look at the header and trailer lines of a file; without a trailer no further than the header."""
    found = FileControls()
    if not layout.header.lines and not layout.trailer.lines:
        return found
    with open_unpacked(landed) as stream:
        header = list(islice(stream, layout.header.lines))
    texts = [_text(without_mark(line) if at == 0 else line, layout) for at, line in enumerate(header)]
    if layout.header.lines and not texts:
        texts = [""]
    found.header_line = texts[0] if texts else None
    if layout.header.names and layout.mapping is not None:
        line = texts[layout.header.names - 1] if len(texts) >= layout.header.names else ""
        found.names = split_quoted(line, layout)[0] or []
    if layout.header.records is not None:
        _count(found, "header", layout.header.records, texts)
    if layout.trailer.lines:
        with open_unpacked(landed) as stream:
            _read_trailer(found, stream, layout)
    return found


def _read_trailer(found: FileControls, stream: BinaryIO, layout: CdrFormat) -> None:
    """The last lines of a file, without padding at its end; the other lines are not kept."""
    trailer = layout.trailer
    last: deque[bytes] = deque()  # the last lines with text, and empty ones between them
    empty: list[bytes] = []  # what would be filling if the file ended here
    before, md5 = 0, hashlib.md5(usedforsecurity=False)
    for line in stream:
        if not line.rstrip(_FILLING):
            empty.append(line)
            continue
        last += [*empty, line]
        empty.clear()
        while len(last) > trailer.lines:
            md5.update(last.popleft())
            before += 1
    texts = [_text(line, layout) for line in last]
    if texts:
        texts[-1] = _text(last[-1].rstrip(_FILLING), layout)
    wanted = [control for control in (trailer.records, trailer.md5) if control is not None]
    if len(texts) != trailer.lines or not all(_found(control, texts) for control in wanted):
        # The record rules decide what the last line is: it may be a record of a file that was cut.
        found.faults.append(f"the trailer is missing: the file ends with {(texts or [''])[-1][:80]!r}")
        return
    found.last_line = before
    if trailer.records is not None:
        _count(found, "trailer", trailer.records, texts)
    if trailer.md5 is not None:
        said = (_found(trailer.md5, texts) or "").lower()
        if said != md5.hexdigest():
            found.faults.append(f"the MD5 of the trailer is {said}, that of the lines before it is {md5.hexdigest()}")


def _count(found: FileControls, side: str, control: Control, texts: list[str]) -> None:
    said = _found(control, texts)
    number = whole_number(said or "")
    if number is None:
        line = texts[control.line - 1] if len(texts) >= control.line else ""
        found.faults.append(f"line {control.line} of the {side} has no valid count: {line[:80]!r}")
    else:
        found.counts.append((side, number))


def _found(control: Control, texts: list[str]) -> str | None:
    match = re.search(control.pattern, texts[control.line - 1]) if len(texts) >= control.line else None
    return match[1] if match else None


def _text(line: bytes, layout: CdrFormat) -> str:
    return line.rstrip(b"\r\n").decode(layout.encoding, errors="backslashreplace")
