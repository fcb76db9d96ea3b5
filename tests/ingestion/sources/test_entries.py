"""Entries of sources.yml: the bounds that they may set, and all faults of a file at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from orchestration.declarations import read_declared
from orchestration.errors import UsageError
from orchestration.ingestion.file_reading.bounds import Bounds
from orchestration.ingestion.sources.declaration import load_sources
from orchestration.ingestion.sources.entries import BoundsEntry
from orchestration.settings import Settings


def read_bounds(declared: object) -> Bounds:
    """The bounds that an entry declares."""
    return read_declared(Path("sources.yml"), declared, TypeAdapter(BoundsEntry)).bounds()


def test_what_is_not_declared_has_its_default() -> None:
    assert read_bounds({}) == Bounds(8 * 2**30, 200, 2**20, 64, 50, 1000, 900)
    assert read_bounds({"unpacked": "1GB", "line": "2 MiB", "ratio": 5}) == Bounds(10**9, 5, 2 * 2**20)


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ([], "write some of unpacked, ratio, line"),
        ({"lines": 1}, "lines: there is no such bound"),
        ({"ratio": "many"}, "ratio: 'many' cannot be used; write a whole number, from 1 to 1000000000"),
        ({"ratio": True}, "ratio: True cannot be used"),
        ({"line": "1 byte"}, "line: '1 byte' cannot be used; write a size like 8GiB or 512KiB, from 1 KiB to 64 MiB"),
        ({"seconds": 0}, "seconds: 0 cannot be used; write a whole number, from 1 to 86400"),
    ],
)
def test_a_wrong_bound_is_named_with_what_to_write(declared: object, told: str) -> None:
    with pytest.raises(UsageError, match=re.escape(told)):
        read_bounds(declared)


FAULTY = """
sources:
  - {name: a, kind: cdr, url: "sftp://host/out", pattern: "x{sequence", format: canonical, retries: 11, companion: maybe}
  - {name: b, kind: bank, url: "gopher://host", pattern: "{bank_code}_{date:YYYYMMDD}_{batch}", format: canonical, retries: 11}
  - {kind: customers, url: "file:/x", pattern: "{table}_{date:YYYYMMDD}", format: canonical, bounds: {ratio: 0, lines: 1}}
  - {name: d, kind: cdr, url: "file:/x", pattern: "{switch_id}_{date:YYYYMMDD}", format: canonical, bank_code: ICBC, encoding: gb18030}
"""


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    """Fields that depend on each other are compared where each is sound; a url that is not says no fields to expect."""
    path = tmp_path / "sources.yml"
    path.write_text(FAULTY, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        load_sources(Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path), "TOLLHOUSE_SOURCES": str(path)}))
    assert [line.removeprefix(f"{path}: ").split(";")[0] for line in str(raised.value).splitlines()] == [
        "entry 1 (a): field companion: 'maybe' is not one of optional, required",
        "entry 1 (a): field retries: 11 is not a valid whole number from 0 to 10",
        "entry 2 (b): field url: gopher://host cannot be used: write file:/folder, sftp://host/folder or s3://bucket/folder",
        "entry 3 (without name): field name: it is missing or not a text",
        "entry 3 (without name): field bounds: ratio: 0 cannot be used",
        "entry 3 (without name): field bounds: lines: there is no such bound",
        "entry 4 (d): field bank_code: a cdr source has none",
        "entry 4 (d): field pattern: a cdr pattern has {sequence} once, or the entry `sequence: none` (missing files are then not noticed)",
        "entry 4 (d): field encoding: it belongs to a customers source",
    ]
