"""Delivery by delivery is as all at once; nothing new does nothing; what changes rebuilds the days it touches, no others."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from tests.demo_city.reading import delivered_files, plain_number
from tests.integration.conftest import (
    DOCUMENTED_FROM,
    LONGER_PREFIX,
    NEW_HOLIDAY,
    PREFIX_FROM,
    RATE_FROM,
    TWIN_DAY,
    UNDOCUMENTED,
    Published,
    Stage,
)
from tests.integration.deliveries import copied, deliver
from tests.integration.harness import COMPARED, DEMO_BOOK, Branch, Marts, Row, differences, without_ids
from tests.oracle import compute

FIRST_UNTIL = date(2026, 4, 10)
#: What names a record; it is the other one of two equal records where the files come out of order.
RECORD = ("call_id", "file_name", "record_number")
ORDER_MATTERS = ("rated_calls", "duplicate_calls", "file_reconciliation", "problem_bulletin")


def is_late(inside: Path) -> bool:
    """Whether a file is held back for the last delivery: those of the twins' day, but for the file with the twins."""
    return inside.parts[0] == "cdr" and f"_{TWIN_DAY}_" in inside.name


def twin_file(city: Path) -> str:
    return max(path.name for path in (city / "cdr" / "SC1").glob(f"SC1_{TWIN_DAY}_*.csv"))


@pytest.fixture(scope="module")
def in_three(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Marts:
    """The city in three deliveries: until a day, the rest without most files of another day, and those at last."""
    branch = Branch(tmp_path_factory.mktemp("in_three") / "home", DEMO_BOOK)
    first = deliver(city, branch.inbox, lambda inside, day: day is None or day <= FIRST_UNTIL)
    assert branch.run().as_of == FIRST_UNTIL
    twins = twin_file(city)
    second = deliver(city, branch.inbox, lambda inside, day: not is_late(inside) or inside.name == twins)
    branch.run()
    third = deliver(city, branch.inbox, lambda inside, day: True)
    assert min(first, second, third) > 5
    outcome = branch.run()
    assert outcome.status == "published"
    assert set(outcome.rebuilt_days) <= {"2026-04-14", "2026-04-15"}
    return branch.marts()


def rows_of(rows: list[Row], *without: str) -> list[str]:
    """The rows as sorted texts, to compare tables without an order."""
    return sorted(repr([(column, value) for column, value in row.items() if column not in without]) for row in rows)


@pytest.mark.parametrize("mart", [*sorted(set(COMPARED) - set(ORDER_MATTERS)), "dimension_names"])
def test_three_deliveries_publish_the_rows_of_one(mart: str, in_three: Marts, whole: Published) -> None:
    assert rows_of(in_three[mart]) == rows_of(whole.marts[mart])


def test_of_two_equal_records_the_one_that_came_first_counts(in_three: Marts, whole: Published, city: Path) -> None:
    twins = twin_file(city)
    assert rows_of(in_three["rated_calls"], *RECORD) == rows_of(whole.marts["rated_calls"], *RECORD)
    pairs = {(row["call_id"], row["original_call_id"]) for row in whole.marts["duplicate_calls"]}
    ours = {(row["call_id"], row["original_call_id"]) for row in in_three["duplicate_calls"]}
    turned = {
        (row["call_id"], row["original_call_id"]) for row in whole.marts["duplicate_calls"] if row["file_name"] == twins
    }
    assert len(turned) == 3
    assert ours == (pairs - turned) | {(original, call_id) for call_id, original in turned}


def test_only_the_files_of_the_twins_count_them_otherwise(in_three: Marts, whole: Published, city: Path) -> None:
    originals = {
        row["original_call_id"].split(":")[0]
        for row in whole.marts["duplicate_calls"]
        if row["file_name"] == twin_file(city)
    }
    before = {row["file_id"]: row for row in whole.marts["file_reconciliation"]}
    after = {row["file_id"]: row for row in in_three["file_reconciliation"]}
    assert before.keys() == after.keys()
    changed = {file_id for file_id in before if before[file_id] != after[file_id]}
    (twins,) = (row["file_id"] for row in before.values() if row["file_name"] == twin_file(city))
    assert changed == originals | {twins}
    assert after[twins]["duplicate"] == 0 and after[twins]["rated"] == before[twins]["rated"] + 3
    names = {before[file_id]["file_name"] for file_id in changed}
    bulletins = [
        rows_of(
            [
                row
                for row in marts["problem_bulletin"]
                if not (row["kind"] == "duplicate_calls" and row["subject"] in names)
            ]
        )
        for marts in (in_three, whole.marts)
    ]
    assert bulletins[0] == bulletins[1]


def test_a_run_with_nothing_new_does_nothing(whole: Published, tmp_path: Path) -> None:
    branch = copied(whole.branch, tmp_path / "home")

    def files() -> dict[str, tuple[int, int, int]]:
        kept = [path for part in ("published", "raw", "landing") for path in (branch.home / part).rglob("*")]
        stats = {str(path): path.stat() for path in [*kept, branch.published]}
        return {path: (stat.st_ino, stat.st_size, stat.st_mtime_ns) for path, stat in stats.items()}

    before = files()
    outcome = branch.run()
    assert (outcome.status, outcome.edition) == ("nothing_new", whole.outcome.edition)
    assert outcome.rebuilt_days == {}
    assert files() == before


# --- small deliveries -------------------------------------------------------------------------------------------------


def days_of(inbox: Path, marts: Marts, calls: bool, number: str, since: str) -> set[str]:
    """The days since a moment on which a number called (or was called, as a prefix), by the loaded files' text."""
    loaded = {row["file_name"] for row in marts["file_reconciliation"] if row["file_status"] == "loaded"}
    found = set()
    for name, file in delivered_files(inbox / "cdr")[0].items():
        for line in file.lines if name in loaded else ():
            fields = line.decode("utf-8", errors="replace").split(",")
            if len(fields) == 8 and fields[5] >= since:
                dialled = plain_number(fields[2]).startswith(number)
                if plain_number(fields[1]) == number if calls else dialled:
                    found.add(fields[5][:10])
    return found


def shared_partitions(stage: Stage) -> tuple[set[str], set[str]]:
    """The days of rated_calls whose file is the very file of the edition before, and those whose is not."""
    after = stage.outcome.edition
    assert after is not None
    shared, written = set(), set()
    for day in {row["call_date"] for row in stage.after["rated_calls"]}:
        now, then = (stage.branch.call_file(edition, "rated_calls", day) for edition in (after, stage.edition_before))
        (shared if now == then else written).add(str(day))
    return shared, written


def test_a_file_and_a_snapshot_rebuild_their_days_only(small_delivery: Stage) -> None:
    numbers_days = days_of(small_delivery.branch.inbox, small_delivery.after, True, UNDOCUMENTED, DOCUMENTED_FROM)
    assert numbers_days == {"2026-03-29"}
    assert set(small_delivery.outcome.rebuilt_days) == {"2026-05-20"} | numbers_days


def test_what_a_small_delivery_brings_is_published(small_delivery: Stage) -> None:
    before, after = (len(marts["rated_calls"]) for marts in (small_delivery.before, small_delivery.after))
    (late,) = (row for row in small_delivery.after["rated_calls"] if row["calling_number"] == UNDOCUMENTED)
    assert str(late["call_date"]) == "2026-03-29" and late["billing_period"] == "2026-03"
    assert after == before + 3 + 1


@pytest.mark.parametrize("mart", sorted(COMPARED))
def test_a_second_delivery_is_as_all_at_once(mart: str, second_expected: Marts, small_delivery: Stage) -> None:
    published = without_ids(small_delivery.after)[mart]
    assert differences(mart, published, second_expected[mart]) == []


@pytest.fixture(scope="module")
def second_expected(city: Path, small_delivery: Stage, tmp_path_factory: pytest.TempPathFactory) -> Marts:
    """The oracle over everything that had come by the small delivery (the branch has moved on since, perhaps)."""
    inbox = tmp_path_factory.mktemp("second") / "inbox"
    names = {row["file_name"] for row in small_delivery.after["file_reconciliation"]}
    deliver(small_delivery.branch.inbox, inbox, lambda inside, day: inside.name.removesuffix(".ctl") in names)
    return compute(inbox, DEMO_BOOK)


def test_unchanged_days_are_shared_between_editions(small_delivery: Stage, changed_book: Stage) -> None:
    for stage in (small_delivery, changed_book):
        shared, written = shared_partitions(stage)
        assert len(shared) > 40
        assert written <= set(stage.outcome.rebuilt_days)


def test_a_rate_a_prefix_and_a_holiday_rebuild_what_they_touch(changed_book: Stage, other_day_twin: Row) -> None:
    before = changed_book.before["rated_calls"]
    priced = {
        str(row["call_date"])
        for row in before
        if (row["tariff_plan_id"], row["zone_id"]) == ("RESIDENTIAL", "MOBILE") and str(row["call_date"]) >= RATE_FROM
    }
    dialled = days_of(changed_book.branch.inbox, changed_book.after, False, LONGER_PREFIX, PREFIX_FROM)
    # The band set of these plans has rows for holidays; a call of theirs may reach into the day from the day before.
    holiday = date.fromisoformat(NEW_HOLIDAY)
    festive = set()
    for row in before:
        reaches = row["started_at"] + timedelta(seconds=row["duration_seconds"]) > datetime.combine(holiday, time())
        if row["tariff_plan_id"] in ("BUSINESS", "FAMILY") and row["call_date"] <= holiday and reaches:
            festive.add(str(row["call_date"]))
    assert priced and dialled and NEW_HOLIDAY in festive and len(festive) <= 2
    assert set(changed_book.outcome.rebuilt_days) == priced | dialled | festive | {str(other_day_twin["call_date"])}


def test_the_changed_book_prices_the_calls(changed_book: Stage) -> None:
    old = {row["call_id"]: row for row in changed_book.before["rated_calls"]}
    new = {row["call_id"]: row for row in changed_book.after["rated_calls"]}
    assert all(
        new[call_id] == row
        for call_id, row in old.items()
        if str(row["call_date"]) not in changed_book.outcome.rebuilt_days
    )
    mobile = [
        row
        for call_id, row in new.items()
        if (row["tariff_plan_id"], row["zone_id"]) == ("RESIDENTIAL", "MOBILE")
        and str(row["call_date"]) >= RATE_FROM
        and call_id in old
    ]
    assert mobile and all(row["amount"] > old[row["call_id"]]["amount"] for row in mobile)
    moved = [
        row
        for row in new.values()
        if row["called_number"].startswith(LONGER_PREFIX) and str(row["call_date"]) >= PREFIX_FROM
    ]
    assert moved and {row["zone_id"] for row in moved} == {"INTERZONE"}
