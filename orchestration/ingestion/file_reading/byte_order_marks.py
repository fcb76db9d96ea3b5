"""The byte order mark at the beginning of a file, in the encodings of one byte or more a character that have one: it is not part
of the first field. UTF-16 has marks of its own, which its decoder reads."""

from __future__ import annotations

import codecs

_MARKS = (codecs.BOM_UTF8, "\ufeff".encode("gb18030"))


def without_mark(first_line: bytes) -> bytes:
    """The first line of a file, or the beginning of one, without the mark."""
    mark = next((mark for mark in _MARKS if first_line.startswith(mark)), b"")
    return first_line[len(mark) :]
