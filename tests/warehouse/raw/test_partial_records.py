"""Partial records by hand: which pieces are one call, what it comes to, what it waits for, and until when."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.reference_book.reading import ReferenceBook
from orchestration.warehouse.closed.closed_schema import JOINED_PIECES
from orchestration.warehouse.file_verdicts.duplicates import OrderedFile
from orchestration.warehouse.raw.partial_records import (
    PieceLimits,
    add_duplicates_of_joined_calls,
    create_joined_pieces,
    last_days,
)
from tests.warehouse.conftest import Call, RawZone

HOUR = 3600
# A call of 10:00 to 12:02 in three pieces, and one piece too many of another call of the same number.
FIRST = Call(started_at="2026-03-01 10:00:00", seconds=HOUR, piece="first", reference="R1", cause=0)
MIDDLE = Call(started_at="2026-03-01 11:00:00", seconds=HOUR, piece="middle", reference="R1", cause=0)
LAST = Call(started_at="2026-03-01 12:00:00", seconds=120, piece="last", reference="R1", cause=31)
NEXT_DAY = date(2026, 3, 2)  # less than 24 hours after the call's end
TWO_DAYS_ON = date(2026, 3, 3)  # more


@pytest.fixture(autouse=True)
def schemas(zone: RawZone) -> None:
    for schema in ("raw", "closed"):
        zone.con.execute(f"create schema {schema}")


def waiting(hours: int | str) -> PieceLimits:
    """A call waits so long for its missing piece; between two pieces may be 5 seconds."""
    return PieceLimits(wait_hours=Decimal(hours), gap_seconds=Decimal(5))


def joined(
    zone: RawZone, files: list[OrderedFile], as_of: date = NEXT_DAY, limits: PieceLimits | None = None
) -> dict[str, tuple[object, ...]]:
    """call_id → (call it is joined to, is_partial, reason, seconds, pieces, release cause)."""
    create_joined_pieces(zone.con, zone.folder, files, as_of, limits or waiting(24))
    rows = zone.con.execute(
        "select call_id, joined_call_id, is_partial, reason, joined_seconds, joined_pieces, release_cause "
        "from raw.joined_pieces"
    ).fetchall()
    return {call_id: tuple(rest) for call_id, *rest in rows}


def file(zone: RawZone, name: str, day: str, order: int, *calls: Call, released: int | None = None) -> OrderedFile:
    zone.deliver(name, day, list(calls))
    return OrderedFile(name, "S1", date.fromisoformat(day), order, released)


def test_no_piece_nothing_read(zone: RawZone) -> None:
    assert joined(zone, [file(zone, "a", "2026-03-01", 1, Call(), Call(piece="single"))]) == {}


def test_three_pieces_are_one_call(zone: RawZone) -> None:
    # 3600 + 3600 + 120 = 7320 seconds, released with the last piece's cause.
    assert joined(zone, [file(zone, "a", "2026-03-01", 1, FIRST, MIDDLE, Call(), LAST)]) == {
        "a:1": ("a:1", False, None, 7320, 3, 31),
        "a:2": ("a:1", True, "piece of call a:1", None, None, None),
        "a:4": ("a:1", True, "piece of call a:1", None, None, None),
    }


def test_any_order_of_files_and_lines_gives_the_same_call(zone: RawZone) -> None:
    files = [file(zone, name, "2026-03-01", 1, piece) for name, piece in (("x", LAST), ("y", FIRST), ("z", MIDDLE))]
    found = [joined(zone, list(order)) for order in itertools.permutations(files)]
    assert found == [found[0]] * 6
    assert found[0]["y:1"] == ("y:1", False, None, 7320, 3, 31)


@pytest.mark.parametrize(
    ("pieces", "waits_for", "lacks"),
    [
        ((FIRST, MIDDLE), "its last piece", 2 * HOUR),
        ((MIDDLE, LAST), "its first piece", HOUR + 120),
        ((FIRST, LAST), "a piece between", HOUR + 120),
        ((MIDDLE,), "its last piece", HOUR),
    ],
)
def test_a_call_that_lacks_a_piece_waits_and_is_joined_without_it_in_the_end(
    zone: RawZone, pieces: tuple[Call, ...], waits_for: str, lacks: int
) -> None:
    files = [file(zone, "a", "2026-03-01", 1, *pieces)]
    waiting = joined(zone, files)
    assert {row[:3] for row in waiting.values()} == {(None, True, f"waits for {waits_for}")}
    assert waiting["a:1"][3:5] == (lacks, len(pieces))
    after = joined(zone, files, as_of=TWO_DAYS_ON)
    assert after["a:1"][:5] == ("a:1", False, f"joined without {waits_for}", lacks, len(pieces))


def test_the_wait_ends_so_many_hours_after_the_newest_piece(zone: RawZone) -> None:
    # MIDDLE ends at 12:00 on 1 March. 12 hours on it is 2 March 00:00, where the as-of date begins: just over.
    files = [file(zone, "a", "2026-03-01", 1, FIRST, MIDDLE)]
    assert joined(zone, files, limits=waiting(12))["a:1"][1] is False
    assert joined(zone, files, limits=waiting("12.001"))["a:1"][1] is True


def test_seconds_lost_in_rounding_are_no_missing_piece(zone: RawZone) -> None:
    late = Call(started_at="2026-03-01 11:00:05", seconds=10, piece="last", reference="R1")
    later = Call(started_at="2026-03-01 11:00:06", seconds=10, piece="last", reference="R1")
    assert joined(zone, [file(zone, "a", "2026-03-01", 1, FIRST, late)])["a:1"][2] is None
    assert joined(zone, [file(zone, "b", "2026-03-01", 1, FIRST, later)])["b:1"][2] == "waits for a piece between"


def test_each_first_begins_a_call(zone: RawZone) -> None:
    again = Call(started_at="2026-03-01 10:30:00", seconds=1800, piece="first", reference="R1")
    found = joined(zone, [file(zone, "a", "2026-03-01", 1, FIRST, again, MIDDLE, LAST)])
    assert found["a:1"] == (None, True, "waits for its last piece", HOUR, 1, 0)
    assert found["a:2"] == ("a:2", False, None, 1800 + HOUR + 120, 3, 31)


def test_a_piece_from_beyond_the_wait_is_another_call(zone: RawZone) -> None:
    # MIDDLE ends at 12:00; a day and a second later something with the same reference begins.
    stray = Call(started_at="2026-03-02 12:00:01", seconds=60, piece="last", reference="R1")
    files = [file(zone, "a", "2026-03-01", 1, FIRST, MIDDLE), file(zone, "b", "2026-03-02", 2, stray)]
    found = joined(zone, files, as_of=date(2026, 3, 9))
    assert found["a:1"] == ("a:1", False, "joined without its last piece", 2 * HOUR, 2, 0)
    assert found["b:1"] == ("b:1", False, "joined without its first piece", 60, 1, 16)


def test_a_second_copy_of_a_piece_and_a_piece_of_another_day_are_not_joined(zone: RawZone) -> None:
    files = [
        file(zone, "a", "2026-03-01", 1, FIRST, MIDDLE, MIDDLE),
        file(zone, "b", "2026-03-05", 2, LAST),  # 1 March in the file of 5 March
    ]
    found = joined(zone, files)
    assert found.keys() == {"a:1", "a:2"} and found["a:1"][3] == 2 * HOUR
    released = [files[0], file(zone, "c", "2026-03-05", 3, LAST, released=9)]
    assert joined(zone, released)["a:1"] == ("a:1", False, None, 7320, 3, 31)


def test_other_references_and_parties_are_other_calls(zone: RawZone) -> None:
    # A second line of the number, five minutes later: its call ends between the pieces of the first and is not theirs.
    other = [
        Call(started_at="2026-03-01 10:05:00", seconds=600, piece="first", reference="R2"),
        Call(started_at="2026-03-01 10:15:00", seconds=60, piece="last", reference="R2"),
    ]
    twin = [Call(**{**vars(piece), "charge_party": "incoming_carrier"}) for piece in (FIRST, MIDDLE, LAST)]
    found = joined(zone, [file(zone, "a", "2026-03-01", 1, FIRST, MIDDLE, LAST, *other, *twin)])
    assert [found[f"a:{n}"][3] for n in (1, 4, 6)] == [7320, 660, 7320]


def test_the_pieces_of_a_closed_call_stay_and_a_later_one_is_a_call_of_its_own(zone: RawZone) -> None:
    files = [file(zone, "a", "2026-03-01", 1, FIRST, MIDDLE)]
    before = joined(zone, files, as_of=TWO_DAYS_ON)
    zone.con.execute(f"create or replace table closed.joined_pieces ({JOINED_PIECES})")
    zone.con.execute("insert into closed.joined_pieces select * from raw.joined_pieces")
    after = joined(zone, [*files, file(zone, "b", "2026-03-01", 2, LAST)], as_of=TWO_DAYS_ON)
    assert {call_id: after[call_id] for call_id in before} == before
    assert after["b:1"] == ("b:1", False, "joined without its first piece", 120, 1, 31)


def test_a_call_of_more_than_a_day_reaches_further(zone: RawZone) -> None:
    # 86 400 s from 10:00 on 1 March, and 50 000 s more: it ends at 23:53:20 on 2 March and may be looked at until the 3rd.
    long = Call(started_at="2026-03-01 10:00:00", seconds=86_400, piece="first", reference="R9")
    rest = Call(started_at="2026-03-02 10:00:00", seconds=50_000, piece="last", reference="R9")
    files = [file(zone, "a", "2026-03-01", 1, long), file(zone, "b", "2026-03-02", 2, rest)]
    assert joined(zone, files)["a:1"][3] == 136_400
    assert last_days(zone.con, {date(2026, 3, at): date(2026, 3, at + 1) for at in (1, 2)}) == {
        date(2026, 3, 1): date(2026, 3, 3),
        date(2026, 3, 2): date(2026, 3, 3),
    }


def test_the_book_may_say_how_long_a_call_waits() -> None:
    book = ReferenceBook(
        Path(),
        {"gate_thresholds": [{"gate_id": "partial_wait_hours", "warn_above": None, "hold_above": Decimal(6)}]},
        file_sha256={},
    )
    assert PieceLimits.of(book.gate_thresholds) == PieceLimits(wait_hours=Decimal(6), gap_seconds=Decimal(5))


def test_a_call_in_pieces_and_as_one_record_is_one_call(zone: RawZone) -> None:
    """7320 seconds in three pieces; the whole record, written first, repeats it, and what repeats the whole record as well.
    One second more, or another trunk group, is another call."""
    whole = Call(started_at="2026-03-01 10:00:00", seconds=7320)
    one = file(zone, "a", "2026-03-01", 1, whole, Call(started_at="2026-03-01 10:00:00", seconds=7321))
    two = file(
        zone, "b", "2026-03-01", 2, FIRST, MIDDLE, LAST, replace(whole, piece="single"), replace(whole, trunk_in="T")
    )
    joined(zone, [one, two])
    con = zone.con
    con.execute(f"create view raw.calls as select * from read_parquet('{zone.folder}/calls/*.parquet')")
    con.execute(
        "create table raw.file_register as select * from (values ('a', 'S1'), ('b', 'S1')) as r (file_id, switch_id)"
    )
    con.execute("create table raw.duplicate_calls as select 'b:4' as call_id, 'a:1' as original_call_id")
    add_duplicates_of_joined_calls(con)
    duplicates = con.execute("select call_id, original_call_id from raw.duplicate_calls order by call_id").fetchall()
    assert duplicates == [("a:1", "b:1"), ("b:4", "b:1")]
