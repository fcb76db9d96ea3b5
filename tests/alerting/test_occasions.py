"""What there is to tell, from record and ledger: each kind with the state that makes it and one that does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from orchestration.alerting.occasions import Occasion, find_occasions
from orchestration.ledger.file_ledger import SAME_CONTENT, FileLedger
from orchestration.runtime.run_lock import run_lock
from orchestration.runtime.run_record import RunRecord
from orchestration.settings import Settings
from tests.alerting.conftest import SettingsOf, held_files

LONG_AGO = "2020-01-01T00:00:00+00:00"
BEGUN = "2026-03-04T18:30:00+00:00"


def found(settings: Settings) -> list[Occasion]:
    """What there is to tell now."""
    return find_occasions(settings, LONG_AGO)


def record(settings: Settings, status: str, **values: object) -> None:
    """Leave a record of a run."""
    RunRecord(run_id="run-1", started_at=BEGUN, status=status, **values).save(settings)  # type: ignore[arg-type]


def test_nothing_at_first(settings_of: SettingsOf) -> None:
    assert found(settings_of()) == []


@pytest.mark.parametrize("status", ["published", "nothing_new", "stopped"])
def test_a_run_that_ended_well_or_was_stopped_is_nothing(settings_of: SettingsOf, status: str) -> None:
    record(settings_of(), status)
    assert found(settings_of()) == []


def test_a_failed_run_says_why(settings_of: SettingsOf) -> None:
    record(settings_of(), "failed", error="tariff_plans.csv: line 3\x1b[2J", ended_at="2026-03-04T18:31:00+00:00")
    (occasion,) = found(settings_of())
    assert (occasion.kind, occasion.key, occasion.since) == (
        "run_failed",
        "run_failed run-1",
        "2026-03-04T18:31:00+00:00",
    )
    assert occasion.facts == {"run_id": "run-1", "error": "tariff_plans.csv: line 3\\u001b[2J"}


def test_a_killed_run_is_a_failed_one_and_one_at_work_is_not(settings_of: SettingsOf) -> None:
    settings = settings_of()
    record(settings, "running")
    with run_lock(settings):
        assert found(settings) == []
    (occasion,) = found(settings)
    assert occasion.kind == "run_failed" and "killed" in occasion.facts["error"]


def test_a_blocked_edition_names_its_gates(settings_of: SettingsOf) -> None:
    record(settings_of(), "blocked", problems=["billing.bills_add_up: 3 rows"], blocked_path="published/blocked/run-1")
    (occasion,) = found(settings_of())
    assert (occasion.kind, occasion.facts["gates"]) == ("edition_blocked", "billing.bills_add_up: 3 rows")
    assert occasion.facts["folder"] == "published/blocked/run-1"


def test_a_held_file_is_one_occasion_for_as_long_as_it_is_held(settings_of: SettingsOf) -> None:
    """Held for another reason it is the same; released and held again it is another."""
    settings = settings_of()
    (file_id,) = held_files(settings, "a.txt")
    (first,) = found(settings)
    assert (first.kind, first.facts) == (
        "file_held",
        {"file_id": file_id, "file_name": "a.txt", "source": "bank/ICBC", "reason": "its totals disagree"},
    )
    with FileLedger(settings.ledger_path) as ledger:
        ledger.set_status(file_id, "held", "another reason")
        assert [one.key for one in found(settings)] == [first.key]
        ledger.set_status(file_id, "registered", None)
        assert found(settings) == []
        ledger.set_status(file_id, "held", "its totals disagree")
        assert [one.key for one in found(settings)] != [first.key]
        ledger.set_status(file_id, "loaded", None)
        assert found(settings) == []


def test_a_rejected_file_is_told_unless_it_came_twice(settings_of: SettingsOf) -> None:
    settings = settings_of()
    held_files(settings, "a.txt", status="rejected", reason="unreadable: line 1 of 5")
    held_files(settings, "b.txt", status="rejected", reason=f"{SAME_CONTENT}a.txt (id-a.txt)")
    assert [(one.kind, one.facts["file_name"]) for one in found(settings)] == [("file_rejected", "a.txt")]


def test_nothing_came_after_the_hours_that_are_set(settings_of: SettingsOf) -> None:
    settings = settings_of(NO_FILE_HOURS="26.5")
    held_files(settings, "a.txt")
    with FileLedger(settings.ledger_path, read_only=True) as ledger:
        newest = ledger.newest_seen_at()
    assert newest is not None
    at = datetime.fromisoformat(newest)
    for hours, kinds in ((26.4, ["file_held"]), (26.6, ["file_held", "nothing_came"])):
        now = at + timedelta(hours=hours)
        assert [one.kind for one in find_occasions(settings, LONG_AGO, now)] == kinds
    assert [one.kind for one in find_occasions(settings_of(), LONG_AGO, now)] == ["file_held"], "not set, not told"


def test_where_nothing_ever_came_the_time_runs_from_the_first_look(settings_of: SettingsOf) -> None:
    settings = settings_of(NO_FILE_HOURS="1")
    now = datetime(2026, 3, 4, 12, tzinfo=UTC)
    for minutes, count in ((59, 0), (61, 1)):
        since = (now - timedelta(minutes=minutes)).isoformat()
        assert len(find_occasions(settings, since, now)) == count
