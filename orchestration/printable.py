"""Text that others wrote, made safe to show: in a terminal it moves no cursor and hides no line, in a spreadsheet it computes nothing."""

from __future__ import annotations

import re

# C0 and C1 except tab and line end, half characters, and the marks that change the direction of the text around them.
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

# How a cell begins that Excel or LibreOffice computes.
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def printable(text: str) -> str:
    r"""The text with every control character as \uNNNN, which is also how JSON writes it; line ends and tabs stay."""
    return _NOT_TEXT.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def one_line(text: str) -> str:
    """The text as `printable` has it, its line ends and tabs too."""
    return printable(text).replace("\n", "\\u000a").replace("\t", "\\u0009")


def spreadsheet_text(text: str) -> str:
    """The text for a cell of CSV or XLSX: one that a spreadsheet would take for a formula gets an apostrophe before it."""
    return f"'{text}" if text.startswith(_FORMULA_BEGINS) else text


def size_text(size: int) -> str:
    """A number of bytes as people write it."""
    for unit, bytes_each in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= bytes_each:
            return f"{size // bytes_each} {unit}" if size % bytes_each == 0 else f"{size / bytes_each:.1f} {unit}"
    return f"{size} bytes"
