"""The bounds of one file (sources.yml, `bounds`): how much of size, lines, depth, memory and time it may take. Counted here.

A file that exceeds one of them is rejected alone. What can be declared is in sources/entries.py; the meaning and the verdict of a
file are not decided here.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import Self

import duckdb

from orchestration.printable import size_text

#: A file of less content is never refused for its ratio: a short list of one line over and over packs very well.
RATIO_COUNTS_FROM_BYTES = 64 << 20

#: No single debit or payment is as much, in any currency that a branch bills in. Sums of what is below still fit.
ABOVE_ANY_AMOUNT = Decimal(10) ** 12
#: Nor do the amounts of one file sum to as much: the sums over all files have 16 digits before the point.
ABOVE_ANY_SUM = Decimal(10) ** 14

_LOOK_AT_MEMORY_EVERY_BYTES = 1 << 20
_LOOK_AT_TIME_EVERY_SECONDS = 0.2
_STATM = Path("/proc/self/statm")


class BoundExceeded(Exception):
    """A file goes beyond a bound; the message names what was found, the bound and the setting."""


@dataclass(frozen=True)
class Bounds:
    """The bounds of a source's files. `unpacked` and `line` are bytes, `seconds` is the time that decoding may take."""

    unpacked: int = 8 << 30
    ratio: int = 200
    line: int = 1 << 20
    xml_depth: int = 64
    asn1_depth: int = 50
    fields: int = 1000
    seconds: int = 900


#: Of each bound the least and the largest value that can be set.
LIMITS = {
    "unpacked": (1, 1 << 50),
    "ratio": (1, 10**9),
    "line": (1 << 10, 1 << 26),
    "xml_depth": (8, 250),  # libxml2 itself reads no more than 255
    "asn1_depth": (2, 200),
    "fields": (1, 10_000),
    "seconds": (1, 86_400),
}
#: The bounds that are a number of bytes.
SIZES = ("unpacked", "line")


def refuse_sum(amount: Decimal) -> None:
    """Raise BoundExceeded where the amounts of a file sum to more than any branch collects."""
    if amount >= ABOVE_ANY_SUM:
        raise BoundExceeded(
            f"its amounts sum to {amount}, and those of one file have to stay below {ABOVE_ANY_SUM}; have it corrected "
            "and delivered again"
        )


def exceeded(what: str, bounds: Bounds, name: str) -> BoundExceeded:
    """The error of a file that goes beyond a bound: `what` was found, and which setting to raise."""
    assert name in {field.name for field in fields(Bounds)}
    value = getattr(bounds, name)
    shown = size_text(value) if name in SIZES else f"{value} s" if name == "seconds" else str(value)
    return BoundExceeded(
        f"{what}; the bound is {shown}. If the file is right, set `bounds: {{{name}: …}}` of its source in sources.yml "
        "higher and use `tollhouse files retry`"
    )


class LineWatch:
    """Looks at bytes as they come for a line that is longer than its bound. Lines end at any of `marks` (none: no lines)."""

    def __init__(self, bounds: Bounds, marks: bytes) -> None:
        self._bounds, self._marks = bounds, [bytes([mark]) for mark in marks]
        self._ended = 0  # lines
        self._open = 0  # bytes of the line that has not ended yet

    def look(self, data: bytes | memoryview) -> None:
        """The next bytes. Raises BoundExceeded."""
        if not self._marks:
            return
        bound = self._bounds.line
        for at in range(0, len(data), bound):  # no line within such a piece can be too long
            piece = bytes(data[at : at + bound]) if len(data) > bound else bytes(data)
            last = max(piece.rfind(mark) for mark in self._marks)
            if last < 0:
                self._open += len(piece)
            else:
                first = min(found for mark in self._marks if (found := piece.find(mark)) >= 0)
                if self._open + first > bound:
                    self._open += first
                else:
                    self._ended += sum(piece.count(mark) for mark in self._marks)
                    self._open = len(piece) - last - 1
            if self._open > bound:
                what = f"line {self._ended + 1} is longer than {size_text(bound)}"
                raise exceeded(what, self._bounds, "line")


class Watch:
    """The memory and time that the present file has used so far."""

    def __init__(self, bounds: Bounds, marks: bytes = b"", memory_bytes: int | None = None) -> None:
        self.bounds, self.marks = bounds, marks
        #: What ended reading the file, where a library reports it in its own words.
        self.fault: Exception | None = None
        self._memory_bytes = memory_bytes
        self._resident_before = resident_bytes() if memory_bytes is not None else 0
        self._read_since = 0

    def read(self, size: int) -> None:
        """So many bytes more were read. Raises BoundExceeded where the process has grown by more than the file may take."""
        self._read_since += size
        if self._memory_bytes is not None and self._read_since >= _LOOK_AT_MEMORY_EVERY_BYTES:
            self._read_since = 0
            self.check_memory()

    def check_memory(self) -> None:
        """Raise BoundExceeded where the process has grown by more than the file may take."""
        if self._memory_bytes is None:
            return
        grown = resident_bytes() - self._resident_before
        if grown > self._memory_bytes:
            raise BoundExceeded(
                f"reading it takes more than {size_text(self._memory_bytes)} of memory. If the file is right, raise "
                "TOLLHOUSE_MEMORY_LIMIT, or have it delivered in parts, and use `tollhouse files retry`"
            )


_at_work: ContextVar[Watch | None] = ContextVar("file at work", default=None)


def watch() -> Watch:
    """The watch over the present file; one with the default bounds where there is none."""
    return _at_work.get() or Watch(Bounds())


@contextmanager
def within(bounds: Bounds, marks: bytes, memory_bytes: int | None) -> Iterator[Watch]:
    """Within, `watch()` is that of one file. `memory_bytes` is what the process may grow by; None: not looked at."""
    token = _at_work.set(Watch(bounds, marks, memory_bytes))
    try:
        yield watch()
    finally:
        _at_work.reset(token)


class Clock:
    """Ends the work on a file that takes longer than its bound. Within, `file` is entered for one file after the other.

    In the main thread, where a run decodes, an alarm ends Python code, regular expressions too. The engine looks at no
    alarm while it computes: a thread that looks at the time interrupts it. In another thread than the main one, which no
    alarm reaches, only the engine is interrupted.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._until: float | None = None
        self._is_over = threading.Event()
        self._is_main = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Self:
        self._looking = threading.Thread(target=self._look, daemon=True)
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._looking.join()

    def _look(self) -> None:
        while not self._is_over.wait(_LOOK_AT_TIME_EVERY_SECONDS):
            until = self._until
            if until is not None and time.monotonic() >= until:
                self._con.interrupt()

    @contextmanager
    def file(self, bounds: Bounds) -> Iterator[None]:
        """In this context one file is processed. Raises BoundExceeded where it takes too long."""
        late = exceeded(f"decoding it takes longer than {bounds.seconds} s", bounds, "seconds")

        def ring(*_: object) -> None:
            raise late

        self._until = until = time.monotonic() + bounds.seconds
        before = signal.signal(signal.SIGALRM, ring) if self._is_main else None
        try:
            if self._is_main:
                # Again every second: a library may take the first one for a fault of its own and go on.
                signal.setitimer(signal.ITIMER_REAL, bounds.seconds, 1.0)
            yield
        except Exception as error:
            if time.monotonic() >= until and error is not late:
                raise late from error
            raise
        finally:
            self._until = None
            if self._is_main:
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, before)


def resident_bytes() -> int:
    """The memory that the process holds; 0 on a machine that does not report it."""
    try:
        return int(_STATM.read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        return 0
