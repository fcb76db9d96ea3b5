"""Records that are no calls and legs of one call, dates and times in two fields, durations as a clock shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ingestion.cdr.foreign import Read, read

_DECLARATION: dict[str, Any] = {
    "name": "pbx",
    "layout": "delimited",
    "delimiter": ",",
    "fields": ["date", "time", "lasted", "caller", "called", "call", "kind", "forwarder"],
    "times": {"format": "%Y/%m/%d %H:%M:%S"},
    "record": {
        "calling_number": "caller",
        "called_number": "called",
        "charged_number": "forwarder",
        "started_at": {"join": ["date", "time"]},
        "duration_seconds": {"field": "lasted", "unit": "hh:mm:ss"},
        "release_cause": {"constant": "16"},
    },
}
_IGNORE = [
    {"called": ["s", "h"], "why": "an extension of the dialplan"},
    {"caller": {"match": "^b[0-9]+$"}},
    {"kind": "T", "called": {"empty": True}},
    {"kind": {"values": ["O", "I", "T", ""], "not": True}},
]


def _read(home: Path, lines: list[str], slow: bool = False, **members: Any) -> Read:
    declaration = home / "pbx.yml"
    declaration.write_text(yaml.safe_dump({**_DECLARATION, **members}, sort_keys=False), encoding="utf-8")
    # A stray byte in a field that nobody needs sends the whole file the slow way.
    content = "".join(f"{line}\n" for line in lines).encode()
    return read(home, content + (b"2026/03/01,09:00:00,00:00:01,22,33,,O,,\n" if slow else b""), declaration)


def _line(lasted: str = "00:01:01", caller: str = "2200001", called: str = "2200002", call: str = "", kind: str = "O",
          forwarder: str = "", time: str = "10:00:05") -> str:  # fmt: skip
    return f"2026/03/01,{time},{lasted},{caller},{called},{call},{kind},{forwarder}"


@pytest.mark.parametrize(
    ("unit", "shown", "seconds"),
    [
        ("hh:mm:ss", "00:01:01", 61),
        ("hh:mm:ss", "0:01:05", 65),
        ("h:mm:ss", "10:01:05", 36_065),
        ("m:ss", "1:05", 65),
        ("hh:mm:ss", "30:00:00", 108_000),
        ("hh:mm:ss", "125:00:01", 450_001),
        ("hh:mm:ss", " 00:00:10.2", 11),  # the eleventh second has begun
        ("mm:ss", "01:05", 65),
        ("mm:ss", "90:00", 5_400),
        ("hh:mm", "01:05", 3_900),
        ("hh:mm'ss", "00:03'07", 187),
        ("hhmmss", "000307", 187),
    ],
)
def test_a_duration_as_a_clock_shows_it(tmp_path: Path, unit: str, shown: str, seconds: int) -> None:
    record = {**_DECLARATION["record"], "duration_seconds": {"field": "lasted", "unit": unit}}
    found = _read(tmp_path, [_line(shown)], record=record)
    assert [row[5:7] for row in found.records] == [("2026-03-01 10:00:05", seconds)]
    assert found.in_one_pass


@pytest.mark.parametrize(
    ("unit", "shown"),
    [("hh:mm:ss", "01:05"), ("hh:mm:ss", "00:60:00"), ("hh:mm:ss", "00:00:61"), ("mm:ss", "1:5"), ("hhmmss", "0307")],
)
def test_a_duration_of_other_parts_is_not_guessed(tmp_path: Path, unit: str, shown: str) -> None:
    record = {**_DECLARATION["record"], "duration_seconds": {"field": "lasted", "unit": unit}}
    found = _read(tmp_path, [_line(shown)], record=record)
    assert found.malformed == [(1, "duration_seconds", "lasted gives no duration")]


@pytest.mark.parametrize("slow", [False, True])
def test_records_that_are_no_calls_are_ignored_and_kept(tmp_path: Path, slow: bool) -> None:
    lines = [
        _line(),
        _line(called="s", lasted="x"),  # need be no sound call
        _line(caller="b12"),
        _line(kind="T", called=""),
        _line(kind="T"),
        _line(kind="R"),
        _line(called="9s9"),  # no number, and no condition holds
    ]
    found = _read(tmp_path, lines, slow, ignore=_IGNORE)
    # The line that is too long is damage; it has nothing that a condition could look at.
    extra = [(8, "line", "has 9 columns instead of 8")] if slow else []
    assert [row[0] for row in found.records] == [1, 5]
    assert found.malformed == [(7, "called_number", "is not a valid number"), *extra]
    assert found.ignored == [
        (2, "ignored: an extension of the dialplan"),
        (3, "ignored: caller is like ^b[0-9]+$"),
        (4, "ignored: kind is T and called is empty"),
        (6, "ignored: kind is not O or I or T or empty"),
    ]
    assert found.ignored_texts == [lines[at] for at in (1, 2, 3, 5)]
    decoded = found.decoded
    assert (decoded.read_records, decoded.malformed, decoded.ignored) == (7 + len(extra), 1 + len(extra), 4)
    assert decoded.read_seconds == 122  # of the two calls


def test_a_sound_file_is_sorted_in_one_pass(tmp_path: Path) -> None:
    found = _read(tmp_path, [_line(), _line(called="s"), _line(time="10:00:06")], ignore=_IGNORE)
    assert found.in_one_pass
    assert ([row[0] for row in found.records], found.ignored_texts) == ([1, 3], [_line(called="s")])


_RINGS = [
    _line("00:00:00", call="7", called="101"),
    _line("00:00:30", call="7", called="102"),
    _line("00:00:40", call="7", called="103"),
    _line("00:00:00", call="8", called="101"),
    _line("00:00:00", call="8", called="102"),
    _line("00:00:00", called="104"),
    _line("00:00:00", called="104", time="10:00:06"),
]


@pytest.mark.parametrize(
    ("counts", "calls", "ignored"),
    [
        ("longest", [3, 4, 6, 7], [(1, "7, of which line 3"), (2, "7, of which line 3"), (5, "8, of which line 4")]),
        ("first", [2, 4, 6, 7], [(1, "7, of which line 2"), (3, "7, of which line 2"), (5, "8, of which line 4")]),
        ("each", [2, 3, 4, 6, 7], [(1, "7, of which line 2"), (5, "8, of which line 4")]),
    ],
)
def test_of_the_legs_of_a_call_one_counts(
    tmp_path: Path, counts: str, calls: list[int], ignored: list[tuple[int, str]]
) -> None:
    found = _read(tmp_path, _RINGS, legs={"group": "call", "counts": counts})
    assert [row[0] for row in found.records] == calls
    assert found.ignored == [(line, f"ignored: leg of the call {told} counts") for line, told in ignored]
    assert (found.decoded.read_records, found.decoded.malformed) == (7, 0)


def test_a_group_may_be_of_several_fields_and_an_ignored_record_is_no_leg(tmp_path: Path) -> None:
    lines = [
        _line("00:01:00", call="7", called="s"),
        _line("00:00:00", call="7"),
        _line("00:00:00", call="7", kind="I"),
        _line("00:00:09", call="7"),
    ]
    found = _read(tmp_path, lines, ignore=_IGNORE, legs={"group": ["call", "kind"]})
    assert [row[0] for row in found.records] == [3, 4]
    assert [line for line, _ in found.ignored] == [1, 2]


def test_the_number_that_pays_is_normalised(tmp_path: Path) -> None:
    found = _read(tmp_path, [_line(forwarder="+86 2200003"), _line(time="10:01:00"), _line(forwarder="x1")])
    assert found.charged == ["00862200003", None]
    assert found.malformed == [(3, "charged_number", "is not a valid number")]


def test_a_date_and_a_time_of_day_are_joined_for_answer_seizure_and_end(tmp_path: Path) -> None:
    declaration = {
        **_DECLARATION,
        "fields": ["day", "rang", "answered", "ended", "caller", "called"],
        "record": {
            "calling_number": "caller",
            "called_number": "called",
            "started_at": {"answer": {"join": ["day", "answered"]}, "seizure": {"join": ["day", "rang"]}},
            "answered": {"field": "answered", "values": ["10:00:05", "25:00:00"]},
            "duration_seconds": {"from": {"join": ["day", "answered"]}, "to": {"join": ["day", "ended"]}},
            "release_cause": {"constant": "16"},
        },
    }
    lines = ["10:00:00,10:00:05,10:01:06", "10:00:00,,10:01:06", "10:00:00,25:00:00,10:01:06"]
    found = _read(tmp_path, [f"2026/03/01,{line},22,33" for line in lines], **declaration)
    assert [row[5:7] for row in found.records] == [("2026-03-01 10:00:05", 61), ("2026-03-01 10:00:00", 0)]
    assert found.malformed == [
        (3, "started_at", "day and answered or day and rang is not a valid time %Y/%m/%d %H:%M:%S")
    ]


def test_a_date_and_a_time_without_a_blank_in_their_pattern_are_joined_with_nothing_between(tmp_path: Path) -> None:
    line = _line().replace("2026/03/01", "20260301").replace("10:00:05", "100005")
    found = _read(tmp_path, [line], times={"format": "%Y%m%d%H%M%S"})
    assert [row[5:7] for row in found.records] == [("2026-03-01 10:00:05", 61)]


@pytest.mark.parametrize(
    ("text", "seconds"), [("60", 60), (" 60.0 ", 60), ("60.4", 61), (".4", 1), ("604800", 604_800)]
)
def test_seconds_in_figures(tmp_path: Path, text: str, seconds: int) -> None:
    found = _read(tmp_path, [_line(text)], record={**_DECLARATION["record"], "duration_seconds": "lasted"})
    assert [row[6] for row in found.records] == [seconds]


@pytest.mark.parametrize("text", ["1e3", "6E1", "60s", "0x3c", "6 0", "NaN", ""])
def test_seconds_in_other_signs_are_set_aside(tmp_path: Path, text: str) -> None:
    found = _read(tmp_path, [_line(text)], record={**_DECLARATION["record"], "duration_seconds": "lasted"})
    assert found.malformed == [(1, "duration_seconds", "lasted gives no duration")]


def test_conditions_and_legs_in_their_short_forms(tmp_path: Path) -> None:
    lines = [_line("00:00:00", call="7"), _line("00:00:30", call="7"), _line(kind="R"), _line(caller="b12", kind="T")]
    ignore = [{"field": "kind", "values": ["R"], "why": "registration"}, {"field": "caller", "match": "^b"}]
    found = _read(tmp_path, lines, ignore=ignore, legs="call")
    assert [row[0] for row in found.records] == [2]
    assert found.no_calls == {
        1: "ignored: leg of the call 7, of which line 2 counts",
        3: "ignored: registration",
        4: "ignored: caller is like ^b",
    }
    again = tmp_path / "again"
    again.mkdir()
    assert _read(again, lines, ignore=ignore, legs={"group": ["call"], "counts": "answered"}).no_calls == found.no_calls
