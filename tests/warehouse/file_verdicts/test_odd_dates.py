"""Dates that cannot be right: the groups by hand, and what a later run and a person make of a file held for its date."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from orchestration.errors import TollhouseError
from orchestration.warehouse.file_verdicts.odd_dates import check_dates, date_faults
from orchestration.warehouse.raw.raw_schema import default_as_of
from tests.ingestion.intake import Intake

TODAY = date(2026, 6, 1)
GAP = Decimal(62)
MERGES = "merge_id,from_account_id,into_account_id,merged_at,outlet_id\n"


def days(text: str) -> list[date]:
    """Dates, written one after another."""
    return [date.fromisoformat(one) for one in text.split()]


@pytest.mark.parametrize(
    ("dates", "held"),
    [
        # One day ahead of the machine's is no fault, two are.
        ("2026-06-01 2026-06-02 2026-06-03", "2026-06-03"),
        # 62 days from 31 March to 1 June are no gap, 63 are; of two equal groups the newer is the branch's.
        ("2026-03-31 2026-06-01", ""),
        ("2026-03-30 2026-06-01", "2026-03-30"),
        # Most files, not most days: three of one day before two of two.
        ("2025-01-01 2025-01-01 2025-01-01 2026-06-01", "2026-06-01"),
        ("2025-01-01 2025-01-01 2025-01-01 2026-05-31 2026-06-01", ""),
        # The future's files make no group, and each older group is held.
        ("2024-02-29 2025-01-01 2026-05-31 2026-06-01 2031-01-01 2031-01-02", "2024-02-29 2025-01-01 2031-01-01 2031-01-02"),
        # Quarterly exports lie among daily files.
        ("2026-01-01 2026-02-15 2026-04-01", ""),
    ],
)  # fmt: skip
def test_files_after_the_machines_day_or_far_from_the_others_are_held(dates: str, held: str) -> None:
    assert sorted(date_faults(days(dates), TODAY, GAP)) == days(held)


def test_without_a_gap_only_the_machines_day_bounds_the_dates() -> None:
    assert list(date_faults(days("1999-01-01 2026-06-01 2026-06-03"), TODAY, None)) == days("2026-06-03")


def deliver(intake: Intake, *written: str) -> dict[str, str]:
    """Deliver empty exports of account merges of these days and check their dates: status by day."""
    for day in written:
        intake.deliver("customers", f"account_merges_{day.replace('-', '')}.csv", MERGES)
    intake.pull()
    check_dates(intake.ledger, TODAY, GAP)
    return {str(entry.file_date): entry.status for entry in intake.ledger.files()}


def test_what_is_held_for_its_date_is_judged_anew_and_goes_on_by_itself(intake: Intake) -> None:
    """The branch pauses from 1 January to 30 May: one file of after it waits for a second day."""
    assert deliver(intake, "2025-12-31", "2026-01-01", "2026-05-30") == {
        "2025-12-31": "registered",
        "2026-01-01": "registered",
        "2026-05-30": "held",
    }
    history = len(intake.ledger.events(intake.ledger.files()[-1].file_id))
    assert check_dates(intake.ledger, TODAY, GAP) == []
    assert len(intake.ledger.events(intake.ledger.files()[-1].file_id)) == history
    assert deliver(intake, "2026-05-31")["2026-05-30"] == "registered"


def test_a_person_lets_a_file_in_in_spite_of_its_date(intake: Intake) -> None:
    assert deliver(intake, "2026-05-30", "2026-05-31", "2026-09-01")["2026-09-01"] == "held"
    (entry,) = (entry for entry in intake.ledger.files() if entry.status == "held")
    with pytest.raises(TollhouseError, match="without --accept-totals"):
        intake.ledger.release_file(entry.file_id, "it was written ahead", accept_totals=True)
    released = intake.ledger.release_file(entry.file_id, "it was written ahead")
    for _ in range(2):
        assert check_dates(intake.ledger, TODAY, GAP) == []
        entry = intake.ledger.file(entry.file_id)
        # It goes on to the other checks, and counts from its release.
        assert (entry.status, entry.effective_order) == ("registered", released.order_number)
    assert [decision.kind for decision in intake.ledger.decisions()] == ["release_file", "accept_date"]
    intake.ledger.set_status(entry.file_id, "held", "too many rows")
    assert check_dates(intake.ledger, TODAY, GAP) == []
    intake.ledger.release_file(entry.file_id, "they are right too")
    assert intake.ledger.file(entry.file_id).status == "loaded"


def test_a_doubted_date_is_never_the_as_of_date(intake: Intake) -> None:
    """Where a file of 2062 alone has come, the machine's day stands in."""
    assert default_as_of(intake.ledger, None, TODAY) is None
    assert deliver(intake, "2062-06-01") == {"2062-06-01": "held"}
    assert default_as_of(intake.ledger, None, TODAY) == TODAY
    deliver(intake, "2026-05-30")
    assert default_as_of(intake.ledger, None, TODAY) == date(2026, 5, 30)
    loaded = next(entry for entry in intake.ledger.files() if entry.status == "registered")
    intake.ledger.set_status(loaded.file_id, "loaded", None)
    assert default_as_of(intake.ledger, None, TODAY) == date(2026, 5, 30)
    assert default_as_of(intake.ledger, date(2026, 6, 15), TODAY) == date(2026, 6, 15)
