"""What a text file says of itself in its header and trailer: the names of its fields, how many records, an MD5 of its bytes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.ingestion.cdr_formats import CdrFormat, Control
from orchestration.ingestion.cdr_layouts.lines import BYTE_ORDER_MARK, END_OF_FILE, split_quoted
from orchestration.ingestion.packing import open_unpacked
from orchestration.ingestion.whole_numbers import whole_number


@dataclass
class Told:
    """What was found. `faults` are what disagrees or cannot be found; the records are read all the same."""

    names: list[str] | None = None
    header_line: str | None = None  # the first line of the header
    counts: list[tuple[str, int]] = field(default_factory=list)  # where it is said, and what
    faults: list[str] = field(default_factory=list)
    last_line: int | None = None  # the last line that is a record; None where no trailer ends them


def read_told(landed: Path, layout: CdrFormat) -> Told:
    """Look at the header and trailer lines of a file; without a trailer no further than the header."""
    told = Told()
    if not layout.header.lines and not layout.trailer.lines:
        return told
    with open_unpacked(landed) as stream:
        if not layout.trailer.lines:
            header = [stream.readline() for _ in range(layout.header.lines)]
        else:
            content = stream.read()
            header = content.split(b"\n", layout.header.lines)[: layout.header.lines]
    texts = [_text(line.removeprefix(BYTE_ORDER_MARK) if at == 0 else line, layout) for at, line in enumerate(header)]
    told.header_line = texts[0] if texts else None
    if layout.header.names and layout.mapping is not None:
        line = texts[layout.header.names - 1] if len(texts) >= layout.header.names else ""
        told.names = split_quoted(line, layout)[0] or []
    if layout.header.records is not None:
        _count(told, "header", layout.header.records, texts)
    if layout.trailer.lines:
        _read_trailer(told, content, layout)
    return told


def _read_trailer(told: Told, content: bytes, layout: CdrFormat) -> None:
    end = len(content.rstrip(b"\r\n" + END_OF_FILE))
    begin = end
    for _ in range(layout.trailer.lines):
        begin = content.rfind(b"\n", 0, max(begin, 0))
        if begin < 0:
            break
    begin += 1
    texts = [_text(line, layout) for line in content[begin:end].split(b"\n")]
    trailer = layout.trailer
    controls = [control for control in (trailer.records, trailer.md5) if control is not None]
    if len(texts) != trailer.lines or not all(_found(control, texts) for control in controls):
        # What the last line is, is for the record rules to say: it may be a record of a file that was cut.
        told.faults.append(f"the trailer is missing: the file ends with {texts[-1][:80]!r}")
        return
    told.last_line = content.count(b"\n", 0, begin)
    if trailer.records is not None:
        _count(told, "trailer", trailer.records, texts)
    if trailer.md5 is not None:
        said = (_found(trailer.md5, texts) or "").lower()
        is_so = hashlib.md5(content[:begin], usedforsecurity=False).hexdigest()
        if said != is_so:
            told.faults.append(f"the MD5 of the trailer is {said}, that of the lines before it is {is_so}")


def _count(told: Told, side: str, control: Control, texts: list[str]) -> None:
    said = _found(control, texts)
    number = whole_number(said or "")
    if number is None:
        line = texts[control.line - 1] if len(texts) >= control.line else ""
        told.faults.append(f"line {control.line} of the {side} says no count: {line[:80]!r}")
    else:
        told.counts.append((side, number))


def _found(control: Control, texts: list[str]) -> str | None:
    match = re.search(control.pattern, texts[control.line - 1]) if len(texts) >= control.line else None
    return match[1] if match else None


def _text(line: bytes, layout: CdrFormat) -> str:
    return line.rstrip(b"\r\n").decode(layout.encoding, errors="backslashreplace")
