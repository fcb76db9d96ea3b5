"""The bounds of one file: each of them is looked at while the file streams by. What can be declared is in sources/test_entries.py."""

from __future__ import annotations

import gzip
import re
import time
from pathlib import Path

import duckdb
import pytest
import zstandard

from orchestration.ingestion.file_reading.bounds import (
    BoundExceeded,
    Bounds,
    Clock,
    LineWatch,
    watch,
    within,
)
from orchestration.ingestion.file_reading.packing import open_unpacked, packing_of, unpacker
from tests.ingestion.intake import HEADER, Intake

CALL = "1,2200001,2200002,,,2026-01-05 10:00:00,60,16"
NAME = "SW1_20260105_000001.csv"
SOURCES = """
sources:
  - name: calls
    kind: cdr
    url: "file:${{TOLLHOUSE_HOME}}/inbox/cdr/SW1"
    pattern: "{{switch_id}}_{{date:YYYYMMDD}}_{{sequence}}.csv"
    format: canonical
    bounds: {bounds}
"""


def bounded(intake: Intake, bounds: str) -> Intake:
    """The intake with bounds for its call files."""
    path = intake.settings.home / "sources.yml"
    path.write_text(SOURCES.format(bounds=bounds), encoding="utf-8")
    return Intake(
        intake.settings.__class__.from_environment(
            {"TOLLHOUSE_HOME": str(intake.settings.home), "TOLLHOUSE_SOURCES": str(path)}
        ),
        intake.ledger,
        intake.con,
    )


def rejected_for(intake: Intake, content: bytes, name: str = NAME) -> str:
    """The reason for which a file is rejected when it is pulled."""
    intake.deliver("cdr/SW1", name, content)
    intake.pull()
    entry = intake.only_file()
    assert entry.status == "rejected" and entry.status_reason is not None, entry
    return entry.status_reason


def test_a_line_may_be_as_long_as_its_bound_however_its_bytes_come() -> None:
    for size in (1, 3, 7, 100):
        for line, is_too_long in ((b"x" * 10, False), (b"x" * 11, True)):
            content = b"ab\n" + line + b"\ncd\n"
            looking = LineWatch(Bounds(line=10), b"\n")
            try:
                for at in range(0, len(content), size):
                    looking.look(content[at : at + size])
                found = None
            except BoundExceeded as error:
                found = str(error)
            assert (found is not None) is is_too_long, (size, line)
            assert found is None or found.startswith("line 2 is longer than 10 bytes; the bound is 10 bytes")


@pytest.mark.parametrize("packing", [".gz", ".zst"])
def test_what_is_packed_is_unpacked_piece_by_piece(packing: str) -> None:
    """64 MiB of one character come in pieces of at most 32, several members or frames as one file, damage as damage."""
    pack = gzip.compress if packing == ".gz" else zstandard.compress
    content = pack(b"a" * (64 << 20)) + pack(b"end")
    unpack = unpacker(packing_of("x" + packing))
    pieces = [(len(piece), piece[-3:]) for piece in unpack.feed(content)]
    unpack.finish()
    assert sum(size for size, _ in pieces) == (64 << 20) + 3 and pieces[-1][1] == b"end"
    assert max(size for size, _ in pieces) <= 32 << 20


def test_a_file_that_unpacks_to_too_much_is_rejected_while_it_is_copied(intake: Intake) -> None:
    """A hundredth of the 10 GB that a person sent: 80 MiB in 80 KiB are more than 200 times as much."""
    reason = rejected_for(intake, gzip.compress(f"{HEADER}\n".encode() + b"\n" * (80 << 20)), NAME + ".gz")
    assert reason.startswith("unreadable: it unpacks to more than 200 times its 79.")
    assert reason.endswith(
        "set `bounds: {ratio: …}` of its source in sources.yml higher and use `tollhouse files retry`"
    )


def test_a_small_file_may_be_packed_as_well_as_it_can(intake: Intake) -> None:
    """A day of one call over and over: its ratio is above 200, and it is no attack."""
    content = f"{HEADER}\n" + "\n".join(f"{at},{CALL[2:]}" for at in [1] * 200_000) + "\n"
    packed = gzip.compress(content.encode(), 9)
    assert len(content) > 200 * len(packed)
    intake.deliver("cdr/SW1", NAME + ".gz", packed)
    intake.pull()
    assert intake.only_file().status == "registered"


def test_content_above_its_bound_is_rejected_packed_or_not(intake: Intake) -> None:
    small = bounded(intake, "{unpacked: 1KiB}")
    reason = rejected_for(small, f"{HEADER}\n".encode() + b"1,2\n" * 500)
    assert reason.startswith("unreadable: its content is larger than the bound for one file; the bound is 1 KiB")


def test_a_line_above_its_bound_is_rejected_and_let_in_by_a_higher_one(intake: Intake) -> None:
    """`files retry` after sources.yml was changed; then the line is only a malformed record."""
    from orchestration.ingestion.landing.pulling import retry

    content = f"{HEADER}\n{CALL}\n2,{'9' * (1 << 20)},,,,,,\n".encode()
    assert rejected_for(intake, content).startswith("unreadable: line 3 is longer than 1 MiB; the bound is 1 MiB.")
    wide = bounded(intake, "{line: 2MiB}")
    # The source's name is another one in this sources file: the default one keeps its name.
    path = wide.settings.sources_file
    assert path is not None
    path.write_text(path.read_text().replace("name: calls", "name: cdr/SW1"), encoding="utf-8")
    retry(wide.settings, wide.ledger, wide.only_file().file_id, "the line is right")
    (decoded,) = wide.decode()
    assert (decoded.read_records, decoded.malformed) == (2, 1)


def test_a_file_at_work_may_take_no_more_memory_than_its_share(tmp_path: Path) -> None:
    """Reading it whole takes its size of memory."""
    path = tmp_path / "large.csv"
    path.write_bytes(b"x" * 1023 + b"\n" * 1)
    with path.open("ab") as file:
        for _ in range(64):
            file.write((b"x" * 1023 + b"\n") * 1024)
    with within(Bounds(), b"\n", 32 << 20), open_unpacked(path) as stream, pytest.raises(BoundExceeded) as raised:
        kept = list(stream)
        assert kept
    assert "takes more than 32 MiB of memory" in str(raised.value)
    with within(Bounds(), b"\n", 32 << 20), open_unpacked(path) as stream:
        assert sum(map(len, stream)) == path.stat().st_size  # line by line it takes none


def test_work_that_takes_too_long_ends_in_the_engine_and_in_python() -> None:
    bounds = Bounds(seconds=1)
    endless = "select count(*) from range(1000000000) as a, range(1000000000) as b where a.range + b.range = 7"
    with duckdb.connect(config={"threads": 1}) as con, Clock(con) as clock:
        for work in (lambda: con.execute(endless), lambda: re.match("(a+)+b", "a" * 60)):
            begun_at = time.monotonic()
            with (
                pytest.raises(BoundExceeded, match="decoding it takes longer than 1 s; the bound is 1 s"),
                clock.file(bounds),
            ):
                work()
            assert time.monotonic() - begun_at < 10
        with clock.file(bounds):
            assert con.execute("select 1").fetchone() == (1,)
    assert watch().bounds == Bounds()
