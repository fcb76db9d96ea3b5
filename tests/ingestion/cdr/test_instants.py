"""Times that are instants, and wall clocks that say nothing but themselves: in every zone, on every machine."""

from __future__ import annotations

import os
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.ingestion.cdr.foreign import Read, read

SUNDAY = date(2026, 10, 25)  # at 03:00 the clocks of Berlin go back to 02:00
BERLIN = "Europe/Berlin"


def _read(home: Path, times: dict[str, Any], *lines: str, zone: str = BERLIN, span: bool = False) -> Read:
    record = {
        "calling_number": "a",
        "called_number": "b",
        "started_at": {"answer": "t"},
        "duration_seconds": {"from": "t", "to": "d"} if span else "d",
        "release_cause": {"constant": "16"},
    }
    declaration = home / "clock.yml"
    content = {"name": "clock", "layout": "delimited", "delimiter": ";", "fields": list("tdab"), "times": times}
    declaration.write_text(yaml.safe_dump({**content, "record": record}), encoding="utf-8")
    return read(home, "".join(f"{line};22;33\n" for line in lines), declaration, SUNDAY, zone)


@pytest.mark.parametrize(
    ("times", "written", "shown", "instant"),
    [
        ({"format": "%Y-%m-%dT%H:%M:%S%z"}, "2026-10-25T00:30:00Z", "02:30:00", "00:30:00"),
        ({"format": "%Y-%m-%dT%H:%M:%S%z"}, "2026-10-25T02:30:00+01:00", "02:30:00", "01:30:00"),
        ({"format": "%Y-%m-%d %H:%M:%S %z"}, "2026-10-25 02:30:00 +0200", "02:30:00", "00:30:00"),
        ({"format": "%Y-%m-%dT%H:%M:%S.%fZ"}, "2026-10-25T00:30:00.250000Z", "02:30:00", "00:30:00"),
        ({"zone": "UTC"}, "2026-10-25 01:30:00", "02:30:00", "01:30:00"),
        ({"format": "epoch"}, "1792888200", "02:30:00", "00:30:00"),
        ({"format": "epoch"}, "1792888200.9", "02:30:00", "00:30:00"),  # fractions are dropped
        ({"format": "epoch_ms"}, "1792888200999", "02:30:00", "00:30:00"),
        ({"format": "%Y-%m-%d %H:%M:%S UTC"}, "2026-10-25 00:30:00 UTC", "02:30:00", "00:30:00"),
        ({"format": "%Y-%m-%d %H:%M:%S %z"}, "2026-10-25 01:30:00 GMT", "02:30:00", "01:30:00"),
        ({"zone": "Asia/Shanghai"}, "2026-10-25 08:30:00", "02:30:00", None),
        ({}, "2026-10-25 02:30:00", "02:30:00", None),
        ({"format": ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%z"]}, "2026-10-25 02:30:00", "02:30:00", None),
        ({"format": ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%z"]}, "2026-10-25 00:30:00Z", "02:30:00", "00:30:00"),
    ],
)
@pytest.mark.parametrize("machine", ["UTC", "America/New_York"])
def test_what_a_time_is_does_not_depend_on_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: str, times: dict[str, Any], written: str, shown: str,
    instant: str | None,
) -> None:  # fmt: skip
    monkeypatch.setenv("TZ", machine)
    time.tzset()
    try:
        found = _read(tmp_path, times, f"{written};60")
    finally:
        monkeypatch.delenv("TZ")
        os.environ.pop("TZ", None)
        time.tzset()
    assert [row[5] for row in found.records] == [f"2026-10-25 {shown}"]
    assert found.instants == [None if instant is None else f"2026-10-25 {instant}"]


@pytest.mark.parametrize(
    ("begin", "end", "seconds"),
    [
        ("01:55:00", "03:05:00", 7_800),  # 23:55 to 02:05 UTC
        ("02:55:00", "02:05:00", 600),  # the end is of the second pass: the only reading that is not negative
        ("02:59:30", "02:00:30", 60),
        ("02:10:00", "02:20:00", 600),  # of one pass
        ("01:55:00", "02:05:00", 600),  # the nearest reading: the end is of the first pass
        ("02:55:00", "03:05:00", 600),  # and the start of the second
        ("12:00:00", "12:10:00", 600),
    ],
)
def test_a_span_of_wall_clocks_over_the_end_of_summer_time(tmp_path: Path, begin: str, end: str, seconds: int) -> None:
    found = _read(tmp_path, {}, f"2026-10-25 {begin};2026-10-25 {end}", span=True)
    assert [row[5:7] for row in found.records] == [(f"2026-10-25 {begin}", seconds)]


def test_an_end_before_its_start_is_malformed_where_no_clock_changed(tmp_path: Path) -> None:
    found = _read(tmp_path, {}, "2026-10-25 12:10:00;2026-10-25 12:00:00", span=True)
    assert found.malformed == [(1, "duration_seconds", "is negative")]


@pytest.mark.parametrize(
    ("times", "written", "keys"),
    [
        # The same wall clock an hour apart: two calls where the times say so, one where they cannot.
        ({"format": "%Y-%m-%d %H:%M:%S%z"}, ["2026-10-25 02:30:00+02:00", "2026-10-25 02:30:00+01:00"], 2),
        ({}, ["2026-10-25 02:30:00", "2026-10-25 02:30:00"], 1),
    ],
)
def test_the_instant_belongs_to_the_key(tmp_path: Path, times: dict[str, Any], written: list[str], keys: int) -> None:
    found = _read(tmp_path, times, *(f"{text};60" for text in written))
    assert [row[5] for row in found.records] == ["2026-10-25 02:30:00"] * 2
    (hashes,) = duckdb.sql(
        f"select count(distinct key_hash) from read_parquet('{tmp_path}/raw/calls/f1.parquet')"
    ).fetchall()
    assert hashes == (keys,)


def test_a_time_with_the_name_of_a_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="names of zones are not read"):
        _read(tmp_path, {"format": "%Y-%m-%d %H:%M:%S %Z"}, "x;1")


def test_what_lies_between_two_epochs_counts_the_parts_of_a_second_and_no_time_is_none(tmp_path: Path) -> None:
    lines = ["1792888200.5;1792888260.9", "1792888200;0", "0;1792888200", "1.7928882E9;1792888260"]
    found = _read(tmp_path, {"format": "epoch"}, *lines, span=True)
    assert [row[5:7] for row in found.records] == [("2026-10-25 02:30:00", 61)]
    assert found.malformed == [
        (2, "duration_seconds", "t and d gives no duration"),
        (3, "started_at", "t is not a valid time since 1970"),
        (4, "started_at", "t is not a valid time since 1970"),  # a spreadsheet destroyed it
    ]


def test_spans_over_the_change_of_clocks_in_the_formats_zone(tmp_path: Path) -> None:
    """The clocks of New York go back at 02:00 of 1 November; the branch has no summer time."""
    found = _read(
        tmp_path,
        {"zone": "America/New_York"},
        "2026-10-25 01:55:00;2026-10-25 02:05:00",
        zone="Asia/Shanghai",
        span=True,
    )
    assert [row[5:7] for row in found.records] == [("2026-10-25 13:55:00", 600)]


def test_seven_days_on_a_clock_that_went_back_are_an_hour_too_long(tmp_path: Path) -> None:
    lines = ["2026-10-19 00:00:00;2026-10-26 00:00:00", "2026-10-19 00:00:00;2026-10-25 23:00:00"]
    found = _read(tmp_path, {}, *lines, span=True)
    assert [row[5:7] for row in found.records] == [("2026-10-19 00:00:00", 604_800)]
    assert found.malformed == [(1, "duration_seconds", "is greater than 604800")]
