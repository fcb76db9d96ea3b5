"""Whole runs over a switch that writes long calls in pieces and tandem calls once for each party (Huawei iGWB bills).

2200001 pays 0.10 a minute and 2200002 0.20. The pieces of two calls come in several files, in any order, over two days:
R1, 10:00 to 12:02 on 1 March, 3600 + 3600 + 120 = 7320 s; R2, 25 hours from 09:00 on 1 March, 86 400 + 3600 = 90 000 s.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestration.publishing.published_marts import PUBLISHED_MARTS, RUN_DEPENDENT_MARTS
from tests.ingestion.cdr.switches.test_huawei_igwb import LOCAL, TRANSIT, record
from tests.robustness.branch import SWITCH, Branch, new_branch

FIRST, MIDDLE, LAST = 1, 2, 3
CALLING, INCOMING_CARRIER = 1, 3
SOURCES = f"""
sources:
  - {{name: bills, kind: cdr, url: "file:${{TOLLHOUSE_HOME}}/inbox/bills", switch_id: {SWITCH}, format: huawei_igwb,
     pattern: "{SWITCH}_{{date:YYYYMMDD}}_{{sequence:6}}.dat"}}
  - {{name: customers, kind: customers, url: "file:${{TOLLHOUSE_HOME}}/inbox/customers", format: canonical,
     pattern: "{{table}}_{{date:YYYYMMDD}}.csv"}}
"""


def call(serial: int, day: int, hour: int, seconds: int, **said: Any) -> bytes:
    """A bill of 1 or 2 March 2026; durations are in 10 ms."""
    return record(serial, answered=(26, 3, day, hour, 0, 0), duration=seconds * 100, **said)


BUSINESS = {"caller": "2200002", "called": "2200001", "reference": 2}
BILLS = {
    "first_pieces": (
        f"{SWITCH}_20260301_000001.dat",
        call(1, 1, 10, 3600, partial=FIRST, reference=1)
        + call(2, 1, 9, 86_400, partial=FIRST, **BUSINESS)
        # one tandem call, written for the carrier it came from and for the calling party
        + call(3, 1, 13, 60, charged=INCOMING_CARRIER)
        + call(4, 1, 13, 60, charged=CALLING)
        # and one that the switch itself says it only handed on, though the number is ours
        + call(5, 1, 14, 60, call_type=TRANSIT, trunks=(3, 9)),
    ),
    "middle_piece": (f"{SWITCH}_20260301_000002.dat", call(1, 1, 11, 3600, partial=MIDDLE, reference=1)),
    "last_of_r2": (f"{SWITCH}_20260302_000003.dat", call(1, 2, 9, 3600, partial=LAST, **BUSINESS)),
    "last_of_r1": (f"{SWITCH}_20260301_000004.dat", call(1, 1, 12, 120, partial=LAST, reference=1)),
}


def branch(home: Path) -> Branch:
    made = new_branch(home)
    (home / "sources.yml").write_text(SOURCES, encoding="utf-8")
    made.spoil("switches", "canonical", "huawei_igwb")
    made.deliver_exports()
    return made


def run(made: Branch, *bills: str, as_of: str | None = None) -> list[str]:
    """Deliver some of the bills and run; the days that were rebuilt."""
    for name in bills:
        made.deliver("bills", *BILLS[name])
    words = ("run", "--as-of", as_of) if as_of else ("run",)
    typed = made.tollhouse(*words, TOLLHOUSE_SOURCES=str(made.home / "sources.yml"))
    assert typed.exit_code == 0, typed.message
    return sorted(typed.answer["rebuilt_days"])


def rated(made: Branch) -> list[tuple[Any, ...]]:
    columns = "started_at::varchar, duration_seconds, cast(amount as varchar), joined_pieces, joining_note"
    return made.mart("rated_calls", columns)


R2 = ("2026-03-01 09:00:00", 90_000, "300.000000", 2, None)  # 1500 minutes at 0.20
TANDEM = ("2026-03-01 13:00:00", 60, "0.100000", None, None)  # once, and the transit call not at all


@pytest.fixture(scope="module")
def bit_by_bit(tmp_path_factory: pytest.TempPathFactory) -> tuple[Branch, dict[str, Any]]:
    """The bills in three deliveries, R1's last piece after its time-out; what stood after each."""
    made = branch(tmp_path_factory.mktemp("bit_by_bit") / "home")
    seen: dict[str, Any] = {"days_1": run(made, "last_of_r2", "first_pieces"), "rated_1": rated(made)}
    seen["waiting"] = made.mart(
        "suspended_calls", "state, reason, age_days, cast(estimated_amount as varchar), estimated_basis"
    )
    seen["states_1"] = made.states()
    seen["days_2"] = run(made, "middle_piece", as_of="2026-03-04")
    seen["rated_2"] = rated(made)
    seen["days_3"] = run(made, "last_of_r1")
    return made, seen


def test_a_call_that_lacks_its_last_piece_waits(bit_by_bit: tuple[Branch, dict[str, Any]]) -> None:
    _, seen = bit_by_bit
    assert seen["days_1"] == ["2026-03-01", "2026-03-02"]
    assert seen["rated_1"] == [R2, TANDEM]
    # 60 minutes at 0.10 of the class's plan are at risk, a day after the call.
    assert seen["waiting"] == [("partial", "waits for its last piece", 1, "6.000000", "class_plan")]
    # R1's first piece waits, R2's first is rated; the carrier's twin and the transit call are not charged.
    assert seen["states_1"] == {
        BILLS["first_pieces"][0]: {"partial": 1, "not_charged": 2, "rated": 2},
        BILLS["last_of_r2"][0]: {"partial": 1},
    }


def test_after_the_time_out_what_is_there_is_joined_and_only_its_day_rebuilt(
    bit_by_bit: tuple[Branch, dict[str, Any]],
) -> None:
    _, seen = bit_by_bit
    assert seen["days_2"] == ["2026-03-01"]
    note = "joined without its last piece"
    assert seen["rated_2"] == [R2, ("2026-03-01 10:00:00", 7_200, "12.000000", 2, note), TANDEM]


def test_the_last_piece_completes_the_call(bit_by_bit: tuple[Branch, dict[str, Any]]) -> None:
    made, seen = bit_by_bit
    assert seen["days_3"] == ["2026-03-01"]
    assert rated(made) == [R2, ("2026-03-01 10:00:00", 7_320, "12.200000", 3, None), TANDEM]  # 122 minutes
    assert made.mart("suspended_calls", "call_id") == []


def test_each_call_is_one_seizure_and_its_seconds_fall_where_they_fall(
    bit_by_bit: tuple[Branch, dict[str, Any]],
) -> None:
    # 1 March: R1, R2, the tandem and the transit call; 7320 + 60 + 60 s and R2's 15 hours to midnight (54 000 s). 2 March: R2's
    # other 36 000 s.
    assert bit_by_bit[0].mart("traffic_by_exchange", "date::varchar, seizures, answers, conversation_seconds") == [
        ("2026-03-01", 4, 4, 61_440),
        ("2026-03-02", 0, 0, 36_000),
    ]


def test_all_at_once_gives_the_same_rows(bit_by_bit: tuple[Branch, dict[str, Any]], tmp_path: Path) -> None:
    made, _ = bit_by_bit
    whole = branch(tmp_path / "home")
    run(whole, *BILLS, as_of=made.manifest["as_of"])
    assert LOCAL == 1 and set(RUN_DEPENDENT_MARTS) == {"suspense_retries"}
    for mart in {spec.name for spec in PUBLISHED_MARTS} - RUN_DEPENDENT_MARTS:
        assert made.mart(mart) == whole.mart(mart), mart
