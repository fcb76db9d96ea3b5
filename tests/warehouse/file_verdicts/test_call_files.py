"""Verdicts on call files, worked out by hand: every reason to hold or reject, and what a held file does to those after it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from orchestration.ingestion.file_reading.malformed_rows import SetAsideLine, malformed_path, write_set_aside
from orchestration.settings import Settings
from orchestration.warehouse.file_verdicts.call_files import check_cdr_files
from tests.warehouse.conftest import Call, RawZone

HOLD_ABOVE = {"malformed": Decimal("0.5"), "duplicate": Decimal("0.5"), "other_day": Decimal("0.5")}


def verdicts(zone: RawZone, as_of: date | None = None) -> dict[str, tuple[str, str | None]]:
    checked = check_cdr_files(zone.ledger, zone.con, zone.folder, HOLD_ABOVE, as_of)
    return {verdict.entry.file_id: (verdict.status, verdict.reason) for verdict in checked}


def numbered(*numbers: int) -> list[Call]:
    return [Call(calling=f"234{number:04d}") for number in numbers]


def test_a_share_at_the_limit_is_loaded_and_one_above_it_held(zone: RawZone) -> None:
    zone.deliver("half", "2026-03-01", numbered(1, 2), malformed=2)  # 2 of 4
    zone.deliver("more", "2026-03-01", numbered(3, 4), malformed=3)  # 3 of 5
    assert verdicts(zone) == {
        "half": ("loaded", None),
        "more": ("held", "3 of 5 records are malformed (60 %): more than the share of 0.5 allowed"),
    }


def test_shares_are_of_the_records_that_are_not_ignored(zone: RawZone) -> None:
    zone.deliver("half", "2026-03-01", numbered(1, 2), malformed=2, ignored=6, declared=10)  # 2 of 4
    zone.deliver("more", "2026-03-01", numbered(3, 4), malformed=3, ignored=95)  # 3 of 5
    assert verdicts(zone) == {
        "half": ("loaded", None),
        "more": ("held", "3 of 5 records are malformed (60 %): more than the share of 0.5 allowed"),
    }


def test_a_companion_that_disagrees_holds_the_file(zone: RawZone) -> None:
    zone.deliver("a", "2026-03-01", numbered(1, 2), declared=3)
    assert verdicts(zone) == {"a": ("held", ".ctl disagrees: it says records=3, the file has 2")}


def test_a_file_mostly_of_another_day_is_held(zone: RawZone) -> None:
    strays = [Call(calling=f"234000{n}", started_at="2026-02-20 10:00:00") for n in (1, 2)]
    zone.deliver("a", "2026-03-01", [*strays, *numbered(3)])  # 2 of 3
    assert verdicts(zone)["a"][0] == "held"


def held_for(zone: RawZone, name: str) -> list[str]:
    """The records that a file is held for, as they are told."""
    return [record.text for record in zone.ledger.file(name).offending_records]


def test_a_file_held_for_another_day_names_the_first_five_records_of_it(zone: RawZone) -> None:
    """Six strays, the first of them a repeat of a loaded call: the second to the sixth are what is at fault."""
    strays = [Call(calling=f"234000{n}", started_at=f"2026-02-20 10:00:0{n}") for n in range(6)]
    zone.deliver("a", "2026-02-20", strays[:1])
    zone.deliver("b", "2026-03-01", [*strays, *numbered(3)])
    assert verdicts(zone)["b"] == (
        "held",
        "5 of 7 records are other_day (71.43 %): more than the share of 0.5 allowed",
    )
    assert held_for(zone, "b") == [
        f"line {n + 2}: is of 2026-02-20: {n + 1},234000{n},2340002,,,2026-02-20 10:00:0{n},60,16" for n in range(1, 6)
    ]


def test_a_file_of_duplicates_names_what_each_repeats(zone: RawZone) -> None:
    zone.deliver("a", "2026-03-01", numbered(3, 1, 2))
    zone.deliver("b", "2026-03-01", numbered(9, 1, 2))
    assert verdicts(zone)["b"][0] == "held"
    assert held_for(zone, "b") == [
        "line 3: repeats record 2 of a: 2,2340001,2340002,,,2026-03-01 10:00:00,60,16",
        "line 4: repeats record 3 of a: 3,2340002,2340002,,,2026-03-01 10:00:00,60,16",
    ]


def test_a_file_of_malformed_lines_names_the_first_five(zone: RawZone) -> None:
    """The same ones where its companion counts otherwise; none where every line is sound."""
    lines = [SetAsideLine(n, f"{n},\t{'x' * 300}", "calling_number", "is empty") for n in range(9, 2, -1)]
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(zone.folder.parent / "home")})
    for name in ("bad", "miscounted"):
        write_set_aside(settings, name, lines)
        (zone.folder / "malformed").mkdir(exist_ok=True)
        malformed_path(settings, name).rename(zone.folder / "malformed" / f"{name}.parquet")
    zone.deliver("bad", "2026-03-01", [], malformed=7)
    zone.deliver("miscounted", "2026-03-01", numbered(*range(1, 9)), malformed=7, declared=99)
    zone.deliver("sound", "2026-03-01", numbered(21), declared=2)
    assert {name: status for name, (status, _) in verdicts(zone).items()} == dict.fromkeys(
        ("bad", "miscounted", "sound"), "held"
    )
    first = f"line 3: calling_number is empty: 3, {'x' * 156}…"  # 160 characters of the text in one line
    assert held_for(zone, "bad")[0] == held_for(zone, "miscounted")[0] == first
    assert [record.line_number for record in zone.ledger.file("bad").offending_records] == [3, 4, 5, 6, 7]
    assert held_for(zone, "sound") == []


def test_the_same_content_as_a_loaded_file_is_rejected(zone: RawZone) -> None:
    zone.deliver("a", "2026-03-01", numbered(1), content="same")
    zone.deliver("b", "2026-03-01", numbered(1), content="same")
    assert verdicts(zone) == {"a": ("loaded", None), "b": ("rejected", "same content as a (a), which is loaded")}


def test_empty_files_of_the_same_content_are_loaded_both(zone: RawZone) -> None:
    zone.deliver("a", "2026-03-01", [], content="header")
    zone.deliver("b", "2026-03-02", [], content="header")
    assert verdicts(zone) == {"a": ("loaded", None), "b": ("loaded", None)}


def test_a_file_of_duplicates_is_held_and_frees_what_comes_after_it(zone: RawZone) -> None:
    """b repeats two of a's calls in three: held. c repeats only b's third call; as b counts for nothing, c is loaded clean."""
    zone.deliver("a", "2026-03-01", numbered(1, 2))
    zone.deliver("b", "2026-03-01", numbered(1, 2, 3))
    zone.deliver("c", "2026-03-01", numbered(3))
    assert verdicts(zone) == {
        "a": ("loaded", None),
        "b": ("held", "2 of 3 records are duplicate (66.67 %): more than the share of 0.5 allowed"),
        "c": ("loaded", None),
    }


def test_a_held_file_that_is_released_comes_last(zone: RawZone) -> None:
    """a is held for its companion, so b, with the same call, is the first; a's release makes a's record the duplicate."""
    zone.deliver("a", "2026-03-01", numbered(1), declared=5)
    assert verdicts(zone)["a"][0] == "held"
    zone.deliver("b", "2026-03-01", numbered(1, 2))
    assert verdicts(zone) == {"b": ("loaded", None)}
    zone.ledger.release_file("a", "counted by hand")
    released, other = zone.ledger.file("a"), zone.ledger.file("b")
    assert released.status == "loaded"
    assert released.effective_order is not None and other.effective_order is not None
    assert released.effective_order > other.effective_order


def test_files_dated_after_the_as_of_date_wait(zone: RawZone) -> None:
    zone.deliver("a", "2026-03-01", numbered(1))
    zone.deliver("b", "2026-03-02", [Call(started_at="2026-03-02 10:00:00")])
    assert verdicts(zone, date(2026, 3, 1)) == {"a": ("loaded", None)}
    assert zone.status("b") == "registered"
    assert verdicts(zone) == {"b": ("loaded", None)}
