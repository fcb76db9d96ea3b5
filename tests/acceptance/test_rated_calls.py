"""42 238 calls that another system rated, through the whole product: every amount equal, none lost (issue: real input)."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.acceptance.rated_calls import (
    SAMPLE,
    RatedCall,
    deliver_calls,
    deliver_exports,
    destinations,
    read_rated_calls,
)
from tests.robustness.commands import tollhouse

CALLS = 42_238
TOTAL = Decimal(4_515_113)
NOT_ANSWERED = 294  # calls that end in the second they began, and cost nothing

_SAMPLES = os.environ.get("TOLLHOUSE_SAMPLES")
pytestmark = [
    pytest.mark.whole_run,
    pytest.mark.skipif(
        _SAMPLES is None, reason="TOLLHOUSE_SAMPLES is not set: the sample of rated calls is no part of the project"
    ),
]


@dataclass
class Published:
    """The one edition, and which call of the sample stands where in the files it was made from."""

    folder: Path
    manifest: dict[str, Any]
    placed: dict[tuple[str, int], RatedCall]

    def rows(self, mart: str, columns: str) -> list[tuple[Any, ...]]:
        """Rows of a mart, from the files that the manifest lists."""
        files = [str(self.folder / entry["path"]) for entry in self.manifest["marts"][mart]["files"]]
        return duckdb.sql(f"select {columns} from read_parquet({files}, union_by_name = true)").fetchall()


@pytest.fixture(scope="session")
def calls() -> list[RatedCall]:
    """The sample."""
    assert _SAMPLES is not None
    return read_rated_calls(Path(_SAMPLES) / SAMPLE)


@pytest.fixture(scope="session")
def published(calls: list[RatedCall], tmp_path_factory: pytest.TempPathFactory) -> Published:
    """`tollhouse run` over the sample in canonical form, with the reference book that states its rates."""
    home = tmp_path_factory.mktemp("rated_calls")
    book = home / "reference"
    shutil.copytree(Path(__file__).parent / "reference_book", book)
    with (book / "destinations.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{prefix},{kind},2013-01-01,\n" for prefix, kind in sorted(destinations(calls).items()))
    placed = deliver_calls(calls, home / "inbox")
    deliver_exports(calls, home / "inbox")
    typed = tollhouse({"TOLLHOUSE_HOME": str(home), "TOLLHOUSE_REFERENCE": str(book)}, "run")
    assert typed.exit_code == 0, typed.message
    pointer = json.loads((home / "published" / "current.json").read_text(encoding="utf-8"))
    manifest = (home / "published" / pointer["path"] / "manifest.json").read_text(encoding="utf-8")
    return Published(home / "published", json.loads(manifest), placed)


def test_sample_is_what_its_rates_say(calls: list[RatedCall]) -> None:
    """The rates of the reference book give every cost of the sample, in plain Python, before the product is asked."""
    assert len(calls) == CALLS
    assert [call for call in calls if call.cost != call.stated_cost] == []
    assert sum(call.cost for call in calls) == TOTAL
    assert sum(call.duration_seconds == 0 for call in calls) == NOT_ANSWERED
    assert all(call.duration_seconds % 60 == 0 for call in calls)


def test_no_two_calls_of_the_sample_are_one(calls: list[RatedCall]) -> None:
    """So that no call can be taken for a repetition of another, though calls of one number overlap on its two lines."""
    assert len({call.key for call in calls}) == CALLS


def test_every_amount_is_the_other_systems(published: Published) -> None:
    """Call by call, to the last decimal; what was not answered has no amount and cost nothing there either."""
    amounts = {
        (name, number): amount
        for name, number, amount in published.rows("rated_calls", "file_name, record_number, amount")
    }
    answered = {place: call.cost for place, call in published.placed.items() if call.duration_seconds > 0}
    assert len(answered) == CALLS - NOT_ANSWERED
    assert amounts == answered
    assert all(isinstance(amount, Decimal) for amount in amounts.values())
    assert sum(amounts.values()) == TOTAL
    assert {call.cost for call in published.placed.values() if call.duration_seconds == 0} == {Decimal(0)}


def test_each_call_is_in_exactly_one_state(published: Published) -> None:
    """By file: as many records as were written, rated or not answered as they were, and nothing in any other state."""
    expected: dict[str, Counter[str]] = defaultdict(Counter)
    for (name, _), call in published.placed.items():
        expected[name]["rated" if call.duration_seconds else "not_answered"] += 1
    columns = (
        "file_name, read_records, malformed, ignored, held, duplicate, other_day, partial, not_answered, not_charged, undocumented, "
        "unrated, rated"
    )
    files = {
        row[0]: row[1:] for row in published.rows("file_reconciliation", f"{columns}, file_kind") if row[-1] == "cdr"
    }
    assert files == {
        name: (counts.total(), 0, 0, 0, 0, 0, 0, counts["not_answered"], 0, 0, 0, counts["rated"], "cdr")
        for name, counts in expected.items()
    }
    assert sum(row[0] for row in files.values()) == CALLS
    assert published.rows("suspended_calls", "call_id") == []
    assert published.rows("duplicate_calls", "call_id") == []


def test_bills_are_the_sums_of_the_given_costs(published: Published) -> None:
    """Per number and month; 101 numbers over December, January and February."""
    expected: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for call in published.placed.values():
        expected[(f"A{call.calling_number}", f"{call.started_at:%Y-%m}")] += call.cost
    bills = {
        (account, period): amount
        for account, period, amount in published.rows("bills", "account_id, billing_period, amount")
    }
    assert bills == {place: amount for place, amount in expected.items() if amount}
    assert sum(bills.values()) == TOTAL


def test_overlapping_calls_are_reported_and_rated(published: Published) -> None:
    """The bulletin names the numbers with calls at one time, which are no fault here, and no other number."""
    of_number: dict[str, list[RatedCall]] = defaultdict(list)
    for call in published.placed.values():
        of_number[call.calling_number].append(call)
    overlapping = set()
    for number, own in of_number.items():
        until = own[0].started_at.min
        for call in sorted(own, key=lambda call: call.started_at):
            if call.started_at < until and call.duration_seconds:
                overlapping.add(number)
            until = max(until, call.ended_at)
    assert overlapping
    named = {
        subject for kind, subject in published.rows("problem_bulletin", "kind, subject") if kind == "overlapping_calls"
    }
    assert named == overlapping


def test_over_long_and_ultra_short_calls_are_reported(published: Published) -> None:
    """By the limits that hold where the book has none: four hours; more than 20 calls of at most 3 seconds in an hour."""
    placed = list(published.placed.values())
    short = Counter(
        (call.calling_number, call.started_at.replace(minute=0, second=0))
        for call in placed
        if 0 < call.duration_seconds <= 3
    )
    expected = {("ultra_short_calls", *key, calls) for key, calls in short.items() if calls > 20}
    expected |= {
        (
            "over_long_calls",
            call.calling_number,
            call.started_at.replace(minute=0, second=0),
            call.duration_seconds,
        )
        for call in placed
        if call.duration_seconds > 14_400
    }
    rows = published.rows("call_anomalies", "kind, calling_number, hour, measure")
    assert {row for row in rows if row[0] != "unusual_traffic"} == expected


def test_every_gate_held_but_for_the_exports_that_the_sample_has_not(published: Published) -> None:
    """The sample knows neither subscriptions nor payments, of which the gates take notice, and its numbers make calls at
    once and by no pattern of hours; every other claim held."""
    failed = {(gate["suite"], gate["severity"]) for gate in published.manifest["gates"] if not gate["success"]}
    assert failed == {
        (suite, "warn") for suite in ("crm_subscriptions", "crm_payments", "overlapping_calls", "call_anomalies")
    }
    assert [gate for gate in published.manifest["gates"] if gate["exception"]] == []
