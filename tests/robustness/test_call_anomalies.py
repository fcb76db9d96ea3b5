"""Unusual calls are reported by the thresholds of the book, and nothing else comes of them: worked out by hand."""

from __future__ import annotations

from tests.robustness.branch import SWITCH, Branch, cdr

NAME = f"{SWITCH}_20260304_003004.csv"
CALLS = [
    # 2200001 calls twice at once, one of them over 100 s; 2200002 makes three calls of 1 or 2 s in one hour.
    "2200001,2200002,,,2026-03-04 10:00:00,101,16",
    "2200001,2200002,,,2026-03-04 10:01:40,60,16",
    "2200002,2200001,,,2026-03-04 11:00:00,1,16",
    "2200002,2200001,,,2026-03-04 11:10:00,2,16",
    "2200002,2200001,,,2026-03-04 11:59:59,2,16",
]
CHARGED = "call_id, amount, account_id, charged_seconds, billing_period"
ANOMALY_KINDS = {"overlapping_calls", "ultra_short_calls", "over_long_calls", "unusual_traffic"}


def reported(branch: Branch) -> set[tuple[object, ...]]:
    """Bulletin rows of unusual calls."""
    rows = branch.mart("problem_bulletin", "kind, subject, count, business_unit_id, outlet_id")
    return {row for row in rows if row[0] in ANOMALY_KINDS}


def failed_gates(branch: Branch) -> set[str]:
    """Gates on unusual calls that failed."""
    suites = ("overlapping_calls", "call_anomalies")
    return {gate["gate"] for gate in branch.manifest["gates"] if gate["suite"] in suites and not gate["success"]}


def test_thresholds_decide_what_is_reported_and_nothing_of_what_is_charged(branch: Branch) -> None:
    branch.add("gate_thresholds", "ultra_short_seconds,2,", "ultra_short_calls,2,", "over_long_seconds,100,")
    branch.add("gate_thresholds", "no_such_gate,1,")
    branch.spoil("gate_thresholds", "malformed,0.01,0.5\n", "")  # has its default
    branch.deliver(f"cdr/{SWITCH}", NAME, cdr(CALLS))
    branch.deliver_exports()
    typed = branch.tollhouse("run")
    assert (typed.exit_code, typed.answer["status"]) == (0, "published"), typed.message
    assert branch.states() == {NAME: {"rated": 5}}
    assert ("gate_unknown", "no_such_gate") in branch.mart("problem_bulletin", "kind, subject")
    charged = branch.mart("rated_calls", CHARGED)
    assert reported(branch) == {
        ("overlapping_calls", "2200001", 1, "BU1", "OU2"),
        ("over_long_calls", "2200001", 1, "BU1", "OU2"),
        ("ultra_short_calls", "2200002", 3, "BU1", "OU1"),
    }
    peak = "calling_number, cast(started_at as varchar), calls_at_once, channels, overlapping_calls"
    assert branch.mart("overlapping_calls", peak) == [("2200001", "2026-03-04 10:01:40", 2, 1, 1)]
    assert failed_gates(branch) == {
        "no_line_has_more_calls_than_channels",
        "no_series_of_ultra_short_calls",
        "no_call_is_over_long",
    }

    # The line has two channels after all, 101 s are allowed, and ultra-short calls are nobody's concern.
    branch.spoil("gate_thresholds", "ultra_short_calls,2,", "ultra_short_calls,,")
    branch.spoil("gate_thresholds", "over_long_seconds,100,", "over_long_seconds,101,")
    numbers = (branch.home / "inbox" / "customers" / "service_numbers_20260301.csv").read_text(encoding="utf-8")
    header, *rows = numbers.splitlines()
    with_channels = "\n".join([f"{header},channels", *(f"{row},2" for row in rows)]) + "\n"
    branch.deliver("customers", "service_numbers_20260304.csv", with_channels)
    typed = branch.tollhouse("run")
    assert (typed.exit_code, typed.answer["status"]) == (0, "published"), typed.message
    assert (reported(branch), failed_gates(branch)) == (set(), set())
    assert (branch.mart("rated_calls", CHARGED), branch.states()) == (charged, {NAME: {"rated": 5}})


def test_a_late_call_over_midnight_is_up_in_the_day_that_is_there_already(branch: Branch) -> None:
    """2200001 begins a call at 00:02 on the 5th. What the file of the 4th, come late, has from 23:58 on lasts until 00:08: two at
    once on one channel. The file of the 6th changes nothing of it."""
    files = {
        5: "2200001,2200002,,,2026-03-05 00:02:00,60,16",
        4: "2200001,2200002,,,2026-03-04 23:58:00,600,16",
        6: "2200001,2200002,,,2026-03-06 10:00:00,60,16",
    }
    branch.deliver_exports()
    found = {}
    for day, call in files.items():
        branch.deliver(f"cdr/{SWITCH}", f"{SWITCH}_202603{day:02d}_{3000 + day:06d}.csv", cdr([call]))
        typed = branch.tollhouse("run")
        assert (typed.exit_code, typed.answer["status"]) == (0, "published"), typed.message
        found[day] = branch.mart(
            "overlapping_calls", "calling_number, cast(started_at as varchar), calls_at_once, channels"
        )
    overlapping = ("2200001", "2026-03-05 00:02:00", 2, 1)
    assert found == {5: [], 4: [overlapping], 6: [overlapping]}
