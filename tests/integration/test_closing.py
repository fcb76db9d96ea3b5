"""Closing a period (SPEC 6): its figures stay to the row, and what becomes known too late is billed in the oldest open one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from orchestration.errors import TollhouseError, UsageError
from tests.integration.conftest import UNDOCUMENTED, Published
from tests.integration.deliveries import copied, newest_export, next_sequence, write_calls, write_export
from tests.integration.harness import Branch, Marts, Row, change_book, copied_book

CLOSED, OPEN = "2026-03", "2026-04"
REFUSALS = {
    "2026-04": (TollhouseError, "close 2026-03 first"),
    "2026-05": (TollhouseError, "has not ended"),
    "March": (UsageError, "is not a valid billing period"),
}


@dataclass(frozen=True)
class Closing:
    """A branch whose first period was closed, and what came too late for it."""

    branch: Branch
    refusals: dict[str, BaseException]
    closed: Marts
    late_file: str
    after: Marts


def refusal(branch: Branch, period: str) -> BaseException:
    try:
        branch.close(period)
    except TollhouseError as error:
        return error
    raise AssertionError(f"{period} was closed")


@pytest.fixture(scope="module")
def closing(whole: Published, tmp_path_factory: pytest.TempPathFactory) -> Closing:
    folder = tmp_path_factory.mktemp("closing")
    branch = copied(whole.branch, folder / "home", copied_book(folder / "book"))
    refusals = {period: refusal(branch, period) for period in REFUSALS}
    outcome = branch.close(CLOSED)
    assert outcome.status == "published", outcome.problems
    refusals["again"] = refusal(branch, CLOSED)
    closed = branch.marts()

    # A late file with two calls of the closed period, by a number that was rated in it.
    march = [row for row in closed["rated_calls"] if str(row["call_date"]) == "2026-03-30"]
    caller = next(row["calling_number"] for row in march if row["calling_number"] == row["charged_number"])
    calls = [[caller, "2200100", "", "", f"2026-03-30 04:{minute}:00", "61", "16"] for minute in (10, 20)]
    late_file = write_calls(branch.inbox, "SC1", "20260330", next_sequence(branch.inbox, "SC1"), calls)
    # A snapshot that gives a number of suspended calls an owner, and every customer another agent and class.
    numbers = newest_export(branch.inbox, "service_numbers")
    owner = next(row for row in numbers if row["service_number"] == caller)
    write_export(
        branch.inbox,
        "service_numbers",
        "20260521",
        [*numbers, owner | {"service_number": UNDOCUMENTED, "valid_from": "2026-03-01 00:00:00", "valid_to": ""}],
    )
    customers = newest_export(branch.inbox, "customers")
    moved = [row | {"agent_id": "", "outlet_id": "OU01", "business_unit_id": "BU01"} for row in customers]
    write_export(branch.inbox, "customers", "20260521", moved)
    # A subscription that had been in force in the closed period all along.
    subscriptions = newest_export(branch.inbox, "subscriptions")
    rental = next(row for row in subscriptions if row["service_number"] == caller and not row["promotion_id"])
    late = rental | {"subscription_id": "S-LATE", "valid_from": "2026-03-01", "valid_to": ""}
    write_export(branch.inbox, "subscriptions", "20260521", [*subscriptions, late])

    # Local calls cost another price from the middle of the closed period on.
    def new_version(rows: list[dict[str, str]]) -> None:
        old = [row for row in rows if (row["tariff_plan_id"], row["zone_id"]) == ("RESIDENTIAL", "LOCAL")]
        rows += [row | {"valid_from": "2026-03-15", "connect_fee": "1"} for row in old]
        for row in old:
            row["valid_to"] = "2026-03-15"

    change_book(branch.reference, "tariff_rates", new_version)
    outcome = branch.run()
    assert outcome.status == "published", outcome.problems
    return Closing(branch, refusals, closed, late_file, branch.marts())


def of_period(marts: Marts, mart: str, period: str) -> Counter[str]:
    """The rows of a mart that are of a period, to the last column."""
    return Counter(repr(sorted(row.items())) for row in marts[mart] if row["billing_period"] == period)


@pytest.mark.parametrize("period", [*REFUSALS])
def test_what_may_not_be_closed_is_refused(period: str, closing: Closing) -> None:
    kind, message = REFUSALS[period]
    assert isinstance(closing.refusals[period], kind)
    assert message in str(closing.refusals[period])


def test_the_decision_names_the_held_files_that_are_left_out(closing: Closing, planted: dict[str, Any]) -> None:
    march = {
        key["file_name"]
        for name, case in planted["cases"].items()
        for key in case.get("keys", [])
        if name.startswith("held_") and key["file_name"][4:10] == "202603"
    }
    decision = closing.branch.decide(lambda ledger: ledger.decisions("close_period")[0])
    assert decision.period == CLOSED and len(march) == 2
    assert decision.why.startswith(f"period {CLOSED} closed without what is held: ")
    assert all(name in decision.why for name in march)


def test_a_period_is_closed_once(closing: Closing) -> None:
    assert "closed already" in str(closing.refusals["again"])


@pytest.mark.parametrize("mart", ["rated_calls", "bill_lines", "bills"])
def test_closing_changes_no_figure(mart: str, closing: Closing, whole: Published) -> None:
    assert len(closing.closed[mart]) == len(whole.marts[mart]) > 0
    assert of_period(closing.closed, mart, CLOSED) == of_period(whole.marts, mart, CLOSED)


@pytest.mark.parametrize("mart", ["rated_calls", "bill_lines", "bills"])
def test_a_closed_period_stays_to_the_row(mart: str, closing: Closing) -> None:
    before = of_period(closing.closed, mart, CLOSED)
    assert before and of_period(closing.after, mart, CLOSED) == before


def late_calls(closing: Closing) -> list[Row]:
    known = {row["call_id"] for row in closing.closed["rated_calls"]}
    return [row for row in closing.after["rated_calls"] if row["call_id"] not in known]


def test_late_calls_are_billed_in_the_oldest_open_period(closing: Closing) -> None:
    late = late_calls(closing)
    assert {row["billing_period"] for row in late} == {OPEN}
    assert [row["call_date"].month for row in late] == [3] * 4
    assert Counter(row["file_name"] == closing.late_file for row in late) == {True: 2, False: 2}
    documented = [row for row in late if row["calling_number"] == UNDOCUMENTED]
    assert [str(row["call_date"]) for row in sorted(documented, key=lambda row: row["started_at"])] == [
        "2026-03-17",
        "2026-03-29",
    ]
    suspended = {row["call_id"] for row in closing.closed["suspended_calls"]}
    assert {row["call_id"] for row in documented} <= suspended


def test_late_calls_are_in_the_bill_lines_of_the_open_period(closing: Closing) -> None:
    lines = {
        (row["account_id"], row["service_number"], row["bill_item_id"]): row["amount"]
        for row in closing.after["bill_lines"]
        if (row["billing_period"], row["line_kind"]) == (OPEN, "usage")
    }
    for call in late_calls(closing):
        key = (call["account_id"], call["charged_number"], call["bill_item_id"])
        same = [
            row["amount"]
            for row in closing.after["rated_calls"]
            if (row["account_id"], row["charged_number"], row["bill_item_id"]) == key and row["billing_period"] == OPEN
        ]
        assert lines[key] == sum(same) >= call["amount"] > 0


def test_late_calls_are_priced_at_their_start(closing: Closing) -> None:
    (dearer,) = {row["amount"] for row in late_calls(closing) if row["file_name"] == closing.late_file}
    # 61 seconds: 0.22 for the first three minutes, and the connect fee of 1.00 that holds since 15 March.
    assert str(dearer) == "1.220000"


def test_open_calls_are_rated_anew(closing: Closing) -> None:
    before = {row["call_id"]: row for row in closing.closed["rated_calls"]}
    changed = [
        row for row in closing.after["rated_calls"] if row["call_id"] in before and row != before[row["call_id"]]
    ]
    assert changed and {row["billing_period"] for row in changed} == {"2026-04", "2026-05"}


def test_recurring_lines_of_the_closed_period_are_not_added(closing: Closing) -> None:
    def recurring(marts: Marts) -> Counter[str]:
        return Counter(row["billing_period"] for row in marts["bill_lines"] if row["line_kind"] == "recurring")

    def charged(marts: Marts, period: str) -> str:
        return str(
            sum(
                r["amount"]
                for r in marts["bill_lines"]
                if (r["billing_period"], r["line_kind"]) == (period, "recurring")
            )
        )

    before, after = recurring(closing.closed), recurring(closing.after)
    assert after[CLOSED] == before[CLOSED] and charged(closing.after, CLOSED) == charged(closing.closed, CLOSED)
    assert charged(closing.after, OPEN) > charged(closing.closed, OPEN)


def test_the_bulletin_lists_what_came_too_late(closing: Closing) -> None:
    rows = [row for row in closing.after["problem_bulletin"] if row["kind"] == "late_for_closed_period"]
    assert [(row["subject"], row["count"]) for row in rows] == [(f"{CLOSED} in {OPEN}", 4)]
    assert not [row for row in closing.closed["problem_bulletin"] if row["kind"] == "late_for_closed_period"]
