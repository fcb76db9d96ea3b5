"""Reading a message in XML piece by piece: without entities, DTD or network, within the file's bounds, and no further than needed.

The formats know the meaning of the elements.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from lxml import etree

from orchestration.ingestion.file_reading.bounds import exceeded, watch

_FILLING = b"\x1a\x00 \r\n"
_MOST_HELD_BYTES = 1 << 20


class Declared(Exception):
    """The document has a document type declaration, so entities may hide its content."""


class Events:
    """Start and end of the elements of a message, in order. What was read is given back by `drop`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._dropped: Any = None

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Pairs of `start` or `end` and the element. Raises Declared, BoundExceeded, etree.XMLSyntaxError."""
        bounds, depth = watch().bounds, 0
        events = etree.iterparse(
            _Trimmed(self._stream),
            events=("start", "end"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,  # one inside an amount would cut the amount off
            remove_pis=True,
        )
        has_root = False
        for event, element in events:
            if not has_root:
                has_root = True
                if element.getroottree().docinfo.internalDTD is not None:
                    raise Declared
            depth += 1 if event == "start" else -1
            if depth > bounds.xml_depth:
                raise exceeded(f"its elements are nested deeper than {bounds.xml_depth} levels", bounds, "xml_depth")
            yield event, element

    def drop(self, element: Any) -> None:
        """The element has ended and is not looked at any more: it need not stay in memory."""
        element.clear()
        # The element itself is still at work in the parser; the one dropped before it is not.
        parent = None if self._dropped is None else self._dropped.getparent()
        if parent is not None:
            parent.remove(self._dropped)
        self._dropped = element


class _Trimmed:
    """The bytes of a message without what fills its last block up."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._held = stream, b""

    def read(self, size: int) -> bytes:
        while chunk := self._stream.read(size):
            chunk = self._held + chunk
            said = chunk.rstrip(_FILLING) if len(self._held) < _MOST_HELD_BYTES else chunk
            self._held = chunk[len(said) :]
            if said:
                return said
        return b""
