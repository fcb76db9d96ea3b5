"""Patterns of names: foreign switches' names are understood, and a pattern that cannot be meant is refused."""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.ingestion.sources.name_patterns import NameParts, NamePattern, pattern_fault

DAY = date(2026, 1, 5)


@pytest.mark.parametrize(
    ("pattern", "name", "parts"),
    [
        ("{date:YYMMDD}{sequence:4}.dat", "2601050042.dat", NameParts(DAY, "SW9", 42)),
        ("b{sequence}_{date:YYYY-MM-DD}", "b7_2026-01-05", NameParts(DAY, "SW9", 7)),
        ("b{sequence}_{date:YYYY-MM-DD}", "b123456_2026-01-05.gz", NameParts(DAY, "SW9", 123456)),
        ("cdr_{any}_{date:YYYYMMDDhhmmss}_{any}_{sequence}", "cdr_xA-1_20260105235959__9", NameParts(DAY, "SW9", 9)),
        ("{date:DD.MM.YYYY hh:mm}{any}.txt", "05.01.2026 23:59 final.txt", NameParts(DAY, "SW9", None)),
        ("{any}.txt", "whatever 话单.txt", NameParts(None, "SW9", None)),
        ("{switch_id}-{any}", "SW9-1", NameParts(None, "SW9", None)),
        # The id is known: a name that says another one is not of the pattern.
        ("{switch_id}-{any}", "SW8-1", None),
        ("{date:YYMMDD}{sequence:4}.dat", "26010500421.dat", None),
        ("{date:YYYYMMDDhhmmss}", "20260105240000", None),  # there is no 24 o'clock
        ("{date:YYMMDD}", "260230", None),
        ("{any}.txt", "a/b.txt", None),
        ("{sequence}.txt", "1234567890123456789.txt", None),  # more digits than a sequence number has
    ],
)
def test_a_name_says_what_its_pattern_declares(pattern: str, name: str, parts: NameParts | None) -> None:
    assert NamePattern(pattern, {"switch_id": "SW9"}).parse(name) == parts


ALL = {"switch_id", "bank_code", "date", "sequence"}


@pytest.mark.parametrize(
    ("pattern", "given", "fault"),
    [
        ("{switch_id}_{date:YYYYMMDD}_{sequence:6}.csv", set(), None),
        ("{any}{date:hhmmss_DDMMYY}{any}{sequence}", {"switch_id"}, None),
        ("{any}", ALL, None),
        ("{date:YYYYMMDD}_{sequence}", set(), "a cdr pattern has {switch_id} once, or the entry a field switch_id"),
        ("{switch_id}_{date:YYYYMMDD}", set(), "a cdr pattern has {sequence} once, or the entry `sequence: none`"),
        ("{switch_id}_{sequence}", set(), "a cdr pattern has {date} once, or the entry `date_from: modified`"),
        ("{switch_id}{switch_id}{date:YYYYMMDD}{sequence}", set(), "a cdr pattern has {switch_id} once"),
        ("{date}", ALL, "write {date:YYYYMMDD}, or another form"),
        ("{date:YYYYMM}", ALL, "write {date:YYYYMMDD}"),
        ("{date:YYYYYYMMDD}", ALL, "write {date:YYYYMMDD}"),
        ("{date:YYYYMMDDThh}", ALL, "write {date:YYYYMMDD}"),  # a letter that is no field: write it outside the braces
        ("{sequence:0}", ALL, "write {sequence} or {sequence:<digits>} with 1 to 18 digits"),
        ("{sequence:19}", ALL, "write {sequence}"),
        ("{sequence:six}", ALL, "write {sequence}"),
        ("{any:3}", ALL, "{any} takes no form"),
        ("{colour}", ALL, "{colour} is unknown; there are switch_id, date, sequence, any"),
        ("{batch}", ALL, "{batch} is unknown"),
        ("{Switch}", ALL, "a brace stands alone"),
        ("in/{any}", ALL, "it holds a '/'"),
    ],
)
def test_what_a_pattern_may_hold(pattern: str, given: set[str], fault: str | None) -> None:
    found = pattern_fault(pattern, "cdr", given)
    assert found is None if fault is None else str(found).startswith(fault)
