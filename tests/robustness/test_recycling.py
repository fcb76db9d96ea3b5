"""Suspended calls are tried by every run: what would have made them ratable rebuilds the days it touches, and no others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.robustness.branch import EXPORTS, Branch, calls_of_day, cdr, run_over_two_days

AT_RISK = (
    "state, age_bucket, business_unit_id, calls, seconds, cast(estimated_amount as varchar), calls_without_estimate"
)
# 9999 has no prefix: nothing can be estimated, and nothing is estimated at 0.
NO_PREFIX = ("unrated", "0-1", "BU1", 2, 120, None, 2)


@pytest.fixture(scope="module")
def recycled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """A branch of 2 and 3 March that is changed step by step; the days rebuilt and the money at risk after each."""
    ran: Branch = run_over_two_days(tmp_path_factory.getbasetemp())
    branch = ran.copy_to(tmp_path_factory.mktemp("recycling") / "home")
    seen: dict[str, dict[str, Any]] = {}

    def step(name: str, change: Callable[[], object]) -> None:
        change()
        typed = branch.tollhouse("run")
        assert typed.exit_code == 0, typed.message
        seen[name] = {
            "days": sorted(typed.answer["rebuilt_days"]),
            "at_risk": branch.mart("money_at_risk", AT_RISK),
            "numbers": branch.mart("undocumented_numbers", "calling_number, calls, cast(estimated_amount as varchar)"),
            "tries": branch.mart("suspense_retries", "call_id, first_suspended_at, last_tried_at, tries"),
        }

    def range_gets_a_plan() -> None:
        branch.spoil("number_ranges", "usage_type", "usage_type,tariff_plan_id")
        branch.spoil("number_ranges", "city,residential", "city,residential,HOME")

    def number_is_documented() -> None:
        """2200009 belongs to A1 on 2 March, not on the 3rd. With it comes a file that is held: four of its seven calls are of
        another day."""
        line = "2200009,A1,EX1,,2026-03-02 00:00:00,2026-03-03 00:00:00\n"
        branch.deliver_exports("20260302", service_numbers=EXPORTS["service_numbers"] + line)
        calls = calls_of_day("2026-03-04")[:3] + calls_of_day("2026-02-20")[:4]
        branch.deliver("cdr/SW1", "SW1_20260304_003004.csv", cdr(calls))

    def file_is_released() -> None:
        files = branch.mart("file_reconciliation", "file_id, file_status")
        (held,) = [file_id for file_id, status in files if status == "held"]
        assert branch.tollhouse("files", "release", held, "--why", "checked").exit_code == 0

    step("plan of the range", range_gets_a_plan)
    step("tariff", lambda: branch.add("destinations", "9,NATIONAL,2026-03-03,"))
    step("number", number_is_documented)
    step("released", file_is_released)
    return seen


def test_a_plan_for_a_range_estimates_its_numbers_and_rebuilds_no_day(recycled: dict[str, dict[str, Any]]) -> None:
    found = recycled["plan of the range"]
    assert found["days"] == []
    # 2200009 calls for 120 s a day, 0.20 at HOME's 0.10 a minute: 0.40 on two days.
    assert found["at_risk"] == [("undocumented", "0-1", "BU1", 2, 240, "0.400000", 0), NO_PREFIX]
    assert found["numbers"] == [("2200009", 2, "0.400000")]


def test_a_destination_added_later_rates_what_waited_for_it(recycled: dict[str, dict[str, Any]]) -> None:
    found = recycled["tariff"]
    assert found["days"] == ["2026-03-03"]  # from which it is in force
    assert found["at_risk"][1] == ("unrated", "0-1", "BU1", 1, 60, None, 1)


def test_a_number_documented_later_is_charged_for_the_days_it_is_held(recycled: dict[str, dict[str, Any]]) -> None:
    found = recycled["number"]
    assert found["days"] == ["2026-03-02"]
    assert found["at_risk"][0] == ("undocumented", "0-1", "BU1", 1, 120, "0.200000", 0)


def test_a_released_file_rebuilds_the_days_of_its_calls(recycled: dict[str, dict[str, Any]]) -> None:
    assert recycled["released"]["days"] == ["2026-02-20", "2026-03-04"]
    # The calls of 20 February wait, 12 days old; they are documented and would cost 0.10 + 0.60 + 0.20 + 0.80 = 1.70.
    assert ("other_day", "8-30", "BU1", 4, 360, "1.700000", 0) in recycled["released"]["at_risk"]


def test_each_run_counts_a_try_of_what_still_waits(recycled: dict[str, dict[str, Any]]) -> None:
    before = {call_id: (first, tries) for call_id, first, _, tries in recycled["plan of the range"]["tries"]}
    after = {call_id: (first, last, tries) for call_id, first, last, tries in recycled["number"]["tries"]}
    assert {tries for _, tries in before.values()} == {2} and len(before) == 4 and len(after) == 2
    for call_id, (first, last, tries) in after.items():
        assert (first, tries) == (before[call_id][0], 4)
        assert isinstance(last, datetime) and last > first
