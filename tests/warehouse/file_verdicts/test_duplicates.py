"""Duplicates by hand: the same file, other files, the window of 90 days, calls of another day before and after release."""

from __future__ import annotations

from datetime import date

from orchestration.warehouse.file_verdicts.duplicates import OrderedFile, find_duplicates, find_settlement_twins
from tests.warehouse.conftest import Call, RawZone

MARCH = date(2026, 3, 1)


def duplicates(zone: RawZone, *files: OrderedFile) -> list[tuple[str, int, str, int]]:
    find_duplicates(zone.con, zone.folder / "calls", files, [MARCH], "found")
    return zone.con.execute("select * from found order by all").fetchall()


def ordered(
    zone: RawZone, name: str, file_date: str, order: int, calls: list[Call], other_day_order: int | None = None
) -> OrderedFile:
    zone.deliver(name, file_date, calls)
    return OrderedFile(name, "S1", date.fromisoformat(file_date), order, other_day_order)


def test_the_later_line_of_a_file_repeats_the_earlier(zone: RawZone) -> None:
    file = ordered(zone, "a", "2026-03-01", 1, [Call(), Call(seconds=61), Call(), Call()])
    assert duplicates(zone, file) == [("a", 3, "a", 1), ("a", 4, "a", 1)]


def test_trunk_groups_belong_to_the_key_and_two_empty_ones_are_equal(zone: RawZone) -> None:
    file = ordered(zone, "a", "2026-03-01", 1, [Call(), Call(trunk_in="T1"), Call(trunk_in="T1")])
    assert duplicates(zone, file) == [("a", 3, "a", 2)]


def test_two_calls_in_the_hour_that_comes_twice_are_two(zone: RawZone) -> None:
    """02:30 of summer time is 00:30 UTC, 02:30 of winter time 01:30 UTC; a wall clock alone cannot tell them apart."""
    passes = [Call(started_at_utc=f"2026-03-01 0{hour}:30:00") for hour in (0, 1, 1)]
    file = ordered(zone, "a", "2026-03-01", 1, [*passes, Call(seconds=7), Call(seconds=7)])
    assert duplicates(zone, file) == [("a", 3, "a", 2), ("a", 5, "a", 4)]


def test_the_file_registered_first_holds_the_first_whatever_its_date(zone: RawZone) -> None:
    call = Call(started_at="2026-03-01 23:59:30", seconds=60)  # ends on 2 March: of its day in either file
    first = ordered(zone, "b", "2026-03-02", 1, [call])
    second = ordered(zone, "a", "2026-03-01", 2, [Call(), call])
    assert duplicates(zone, first, second) == [("a", 2, "b", 1)]


def test_a_call_of_another_day_repeats_but_is_never_the_first(zone: RawZone) -> None:
    stray = ordered(zone, "a", "2026-03-05", 1, [Call()])  # 1 March in the file of 5 March
    at_home = ordered(zone, "b", "2026-03-01", 2, [Call()])
    later = ordered(zone, "c", "2026-03-06", 3, [Call()])
    assert duplicates(zone, stray, at_home, later) == [("c", 1, "b", 1)]


def test_a_released_call_of_another_day_counts_from_its_release(zone: RawZone) -> None:
    stray = ordered(zone, "a", "2026-03-05", 1, [Call(), Call(calling="2340009")], other_day_order=9)
    at_home = ordered(zone, "b", "2026-03-01", 2, [Call()])
    # 2340001's call is at home in b, so the released one repeats it; 2340009's is the only one and stays.
    assert duplicates(zone, stray, at_home) == [("a", 1, "b", 1)]


def test_beyond_ninety_days_a_record_is_a_first_again(zone: RawZone) -> None:
    home = ordered(zone, "a", "2026-03-01", 1, [Call()])
    at_90 = ordered(zone, "b", "2026-05-30", 2, [Call()], other_day_order=3)  # 1 March + 90 days
    at_91 = ordered(zone, "c", "2026-05-31", 4, [Call()], other_day_order=5)
    near_c = ordered(zone, "d", "2026-06-01", 6, [Call()], other_day_order=7)
    # b repeats a. c is 91 days from a and one day from b, but b is a duplicate itself: c is a first, and d repeats c.
    assert duplicates(zone, home, at_90, at_91, near_c) == [("b", 1, "a", 1), ("d", 1, "c", 1)]


def test_nothing_to_look_at_gives_an_empty_table(zone: RawZone) -> None:
    assert duplicates(zone) == []


def test_a_record_that_says_it_is_whole_repeats_one_that_says_nothing(zone: RawZone) -> None:
    """As where a switch is moved to another format. A piece of a long call is no such repeat."""
    plain = ordered(zone, "a", "2026-03-01", 1, [Call()])
    said = ordered(zone, "b", "2026-03-01", 2, [Call(piece="single"), Call(piece="first", reference="7")])
    assert duplicates(zone, plain, said) == [("b", 1, "a", 1)]


# --- settlement twins -------------------------------------------------------------------------------------------------


def twins(zone: RawZone, *files: OrderedFile) -> list[tuple[str, int, str, int, bool, bool, bool]]:
    assert duplicates(zone, *files) is not None
    find_settlement_twins(zone.con, "found", "twins")
    return zone.con.execute("select * from twins order by all").fetchall()


def party(name: str | None, **said: int) -> Call:
    return Call(charge_party=name, **said)  # type: ignore[arg-type]


def test_records_of_one_call_for_several_parties_are_twins_and_no_duplicates(zone: RawZone) -> None:
    file = ordered(zone, "a", "2026-03-01", 1, [party("incoming_carrier"), party("outgoing_carrier"), party("calling")])
    assert duplicates(zone, file) == []
    # Line 1 came first; one of the three is for the calling party.
    assert twins(zone, file) == [("a", n, "a", 1, True, False, False) for n in (1, 2, 3)]


def test_the_same_party_twice_is_a_duplicate_and_no_twin(zone: RawZone) -> None:
    file = ordered(zone, "a", "2026-03-01", 1, [party("calling"), party("calling")])
    assert duplicates(zone, file) == [("a", 2, "a", 1)]
    assert twins(zone, file) == []


def test_a_duplicate_of_a_twin_belongs_to_no_call_and_the_first_is_by_registration(zone: RawZone) -> None:
    later = ordered(zone, "a", "2026-03-01", 2, [party("called"), party(None)])
    earlier = ordered(zone, "b", "2026-03-01", 1, [party("called"), party("called", seconds=61)])
    # a:1 repeats b:1; b:1 and a:2 (no party named) are one call, which came with b:1.
    assert duplicates(zone, later, earlier) == [("a", 1, "b", 1)]
    assert twins(zone, later, earlier) == [("a", 2, "b", 1, False, True, True), ("b", 1, "b", 1, False, True, True)]


def test_which_piece_a_record_is_belongs_to_the_key(zone: RawZone) -> None:
    file = ordered(zone, "a", "2026-03-01", 1, [Call(piece="first"), Call(piece="last"), Call(piece="first")])
    assert duplicates(zone, file) == [("a", 3, "a", 1)]
    assert twins(zone, file) == []
