"""Releases: a held file and calls of another day are checked as if registered at their release (SPEC 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from orchestration.errors import TollhouseError
from orchestration.ledger.file_ledger import FileLedger
from tests.integration.conftest import OTHER_DAY_FILE, Stage, run_stage
from tests.integration.harness import STATES, Row

HELD_CASES = ("held_ctl_records", "held_duplicate_share", "held_other_day_share")


@pytest.fixture(scope="module")
def held(planted: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Per case the planted facts of the file that is held."""
    return {case: planted["cases"][case]["keys"][0] for case in HELD_CASES}


@pytest.fixture(scope="module")
def file_ids(changed_book: Stage) -> dict[str, str]:
    return {row["file_name"]: row["file_id"] for row in changed_book.after["file_reconciliation"]}


@pytest.fixture(scope="module")
def released(changed_book: Stage, held: dict[str, dict[str, Any]], file_ids: dict[str, str]) -> Stage:
    """Three held files and one file's calls of another day, released together."""

    def decide(ledger: FileLedger) -> None:
        for key in held.values():
            ledger.release_file(file_ids[key["file_name"]], "checked with the exchange")
        ledger.release_calls(file_ids[OTHER_DAY_FILE], "the switch was down for two days")

    changed_book.branch.decide(decide)
    return run_stage(changed_book.branch, changed_book.after)


def row_of(stage: Stage, file_name: str) -> Row:
    (row,) = (row for row in stage.after["file_reconciliation"] if row["file_name"] == file_name)
    return row


@pytest.mark.parametrize("case", HELD_CASES)
def test_a_released_file_is_loaded_and_its_states_sum(
    case: str, released: Stage, held: dict[str, dict[str, Any]]
) -> None:
    row = row_of(released, held[case]["file_name"])
    assert row["file_status"] == "loaded" and "released" in row["status_reason"]
    assert row["held"] == 0
    assert sum(row[state] for state in STATES.split()) == row["read_records"] == held[case]["records"]


def test_what_repeats_a_call_that_is_there_is_a_duplicate(released: Stage, held: dict[str, dict[str, Any]]) -> None:
    key = held["held_duplicate_share"]
    assert row_of(released, key["file_name"])["duplicate"] == key["duplicates"]
    others = {row["file_name"] for row in released.after["duplicate_calls"]} - {key["file_name"]}
    assert others == {row["file_name"] for row in released.before["duplicate_calls"]} | {OTHER_DAY_FILE}


def test_a_released_file_of_other_days_keeps_its_calls_suspended(
    released: Stage, held: dict[str, dict[str, Any]]
) -> None:
    key = held["held_other_day_share"]
    assert row_of(released, key["file_name"])["other_day"] == key["records"]
    suspended = [row for row in released.after["suspended_calls"] if row["file_name"] == key["file_name"]]
    assert len(suspended) == key["records"] and {row["state"] for row in suspended} == {"other_day"}


def test_released_calls_are_judged_as_if_they_came_last(
    released: Stage, other_day_twin: Row, planted: dict[str, Any]
) -> None:
    numbers = {
        k["record_number"]
        for k in planted["cases"]["other_day_in_normal_file"]["keys"]
        if k["file_name"] == OTHER_DAY_FILE
    }
    row = row_of(released, OTHER_DAY_FILE)
    (before,) = (row for row in released.before["file_reconciliation"] if row["file_name"] == OTHER_DAY_FILE)
    assert before["other_day"] == len(numbers) and row["other_day"] == 0
    assert sum(row[state] for state in STATES.split()) == row["read_records"] == before["read_records"]
    # One of them came again in a file of its own day since, and is the duplicate now; the others are first.
    (duplicate,) = (row for row in released.after["duplicate_calls"] if row["file_name"] == OTHER_DAY_FILE)
    assert duplicate["record_number"] == other_day_twin["record_number"]
    assert duplicate["original_call_id"].split(":")[0] != duplicate["call_id"].split(":")[0]
    assert row["duplicate"] == before["duplicate"] + 1


def test_releases_rebuild_the_days_of_their_calls(released: Stage, held: dict[str, dict[str, Any]]) -> None:
    names = {key["file_name"] for key in held.values()} | {OTHER_DAY_FILE}
    days = {
        str(row["call_date"])
        for mart in ("rated_calls", "suspended_calls", "duplicate_calls")
        for marts in (released.before, released.after)
        for row in marts[mart]
        if row["file_name"] in names
    }
    # Unanswered and uncharged calls of the same files stand in no mart; they are of the files' own days.
    own = {f"{name.split('_')[1][:4]}-{name.split('_')[1][4:6]}-{name.split('_')[1][6:8]}" for name in names}
    # And the later days of a month on which calls draw on a package: it may be used up sooner now.
    drawing = {
        str(row["call_date"])
        for row in released.after["rated_calls"]
        if row["package_id"]
        and any(day[:7] == str(row["call_date"])[:7] and day < str(row["call_date"]) for day in days)
    }
    assert days <= set(released.outcome.rebuilt_days) <= days | own | drawing


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda ledger, ids, held: ledger.release_file(ids[OTHER_DAY_FILE], "why not"), "only a held or rejected file"),
        (lambda ledger, ids, held: ledger.release_calls(ids[OTHER_DAY_FILE], "again"), "released before"),
        (
            lambda ledger, ids, held: ledger.release_calls(ids[held["held_ctl_records"]["file_name"]], "why"),
            "nothing to release",
        ),
        (lambda ledger, ids, held: ledger.release_file(ids["SE1_20260327_000054.csv"], " "), "give the reason"),
        (lambda ledger, ids, held: ledger.release_file("0000", "why"), "no file '0000'"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(
    wrong: Callable[..., Any], message: str, released: Stage, held: dict[str, dict[str, Any]], file_ids: dict[str, str]
) -> None:
    with pytest.raises(TollhouseError, match=message):
        released.branch.decide(lambda ledger: wrong(ledger, file_ids, held))
