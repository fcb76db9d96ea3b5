"""Fixed-width text, as older switches write it: Alcatel- or Nortel-like lines laid out here, column by column."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingestion.cdr.foreign import read

DECLARATION = """
name: dms
layout: fixed_width
header: {lines: 1}
trailer: {lines: 1, records: {line: 1, pattern: '^T *([0-9]+)$'}}
line_length: 62
fields:
  - {name: serial, column: 1, length: 4}
  - {name: caller, column: 5, length: 12}
  - {name: called, column: 17, length: 14}
  - {name: began, column: 31, length: 14}
  - {name: tenths, column: 45, length: 7}
  - {name: route, column: 52, length: 4}
  - {name: cause, column: 56, length: 3}
times: {format: "%Y%m%d%H%M%S"}
record:
  record_number: serial
  calling_number: caller
  called_number: {field: called, replace_prefixes: {"+86": "0", "+": "00"}}
  trunk_group_out: route
  started_at: {answer: began}
  duration_seconds: {field: tenths, unit: 100ms, rounding: ROUNDING}
  release_cause: cause
"""


@pytest.fixture
def dms(tmp_path: Path) -> Path:
    """The declaration."""
    return declared(tmp_path, "up")


def declared(folder: Path, rounding: str) -> Path:
    """The declaration with a way of rounding."""
    path = folder / rounding / "dms.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(DECLARATION.replace("ROUNDING", rounding))
    return path


def line(
    serial: int, called: str = "01088886666", tenths: str = "0000605", route: str = "T12", cause: str = "016"
) -> str:
    """62 columns; the last four are of no use."""
    return f"{serial:>4}{'2200001':<12}{called:<14}20260301100005{tenths}{route:<4}{cause}  .X"


def test_lines_are_read_by_their_columns_in_one_pass(tmp_path: Path, dms: Path) -> None:
    lines = [
        "HEADER 2026",
        line(1),
        line(2, "+8613900001111", route=""),
        line(3, "+4412345", "0000000", cause=" 17"),
        "T   3",
    ]
    found = read(tmp_path, "\r\n".join(lines) + "\r\n", dms)
    assert found.in_one_pass
    # 605 tenths are 60.5 s: the 61st second has begun.
    assert found.records == [
        (1, "2200001", "01088886666", None, "T12", "2026-03-01 10:00:05", 61, 16),
        (2, "2200001", "013900001111", None, None, "2026-03-01 10:00:05", 61, 16),
        (3, "2200001", "004412345", None, "T12", "2026-03-01 10:00:05", 0, 17),
    ]
    assert (found.decoded.trailer_records, found.decoded.content_fault) == (3, None)


@pytest.mark.parametrize(
    ("rounding", "seconds"), [("up", [60, 61, 61, 61]), ("down", [60, 60, 60, 60]), ("half_up", [60, 60, 61, 61])]
)
def test_tenths_of_a_second_are_rounded_as_declared(tmp_path: Path, rounding: str, seconds: list[int]) -> None:
    lines = [line(at, tenths=f"{tenths:07}") for at, tenths in enumerate((600, 604, 605, 609), start=1)]
    found = read(tmp_path, "\n".join(["H", *lines, "T 4"]), declared(tmp_path, rounding))
    assert [row[6] for row in found.records] == seconds


def test_a_line_of_another_length_is_set_aside_alone(tmp_path: Path, dms: Path) -> None:
    bad = [line(2)[:-1], line(3) + " ", line(4).replace("220", "2é0", 1), ""]
    found = read(tmp_path, "\n".join(["H", line(1), *bad, line(6), "T 6"]) + "\n", dms)
    assert [row[0] for row in found.records] == [1, 6]
    assert found.malformed == [
        (3, "line", "has 61 characters instead of 62"),
        (4, "line", "has 63 characters instead of 62"),
        (5, "calling_number", "is not a valid number"),
        (6, "line", "is empty"),
    ]
    assert found.texts == bad


def test_a_trailer_that_counts_otherwise_or_is_missing_is_named(tmp_path: Path, dms: Path) -> None:
    found = read(tmp_path, "\n".join(["H", line(1), "T 2"]), dms)
    assert found.decoded.content_fault == "the trailer says 2 records, the file has 1"
    found = read(tmp_path, "\n".join(["H", line(1), line(2)[:20]]), dms)
    assert [row[0] for row in found.records] == [1]
    assert found.malformed == [(3, "line", "has 20 characters instead of 62")]
    assert found.decoded.content_fault == "the trailer is missing: the file ends with '   22200001     0108'"
