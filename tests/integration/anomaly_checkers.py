"""How the demo city's unusual calls show in the published marts; every other case is looked for in planted_checkers."""

from __future__ import annotations

from datetime import datetime

from tests.integration.planted_checkers import Case, Found, is_rated, keys


def overlapping(found: Found, name: str, case: Case) -> None:
    is_rated(found, name, case)
    peaks = {(row["calling_number"], row["started_at"]): row for row in found.marts["overlapping_calls"]}
    expected = {(key["calling_number"], datetime.fromisoformat(key["started_at"])) for key in keys(case)}
    assert set(peaks) == expected
    assert all(row["calls_at_once"] == row["channels"] + 1 and row["overlapping_calls"] == 1 for row in peaks.values())
    assert {row["subject"] for row in found.bulletin("overlapping_calls")} == {
        key["calling_number"] for key in keys(case)
    }


def within_channels(found: Found, name: str, case: Case) -> None:
    """Calls at once on a line that has as many channels: rated, and not reported."""
    is_rated(found, name, case)
    peaks = {(row["calling_number"], str(row["started_at"])) for row in found.marts["overlapping_calls"]}
    assert not peaks & {(key["calling_number"], key["started_at"]) for key in keys(case)}


def short_series(found: Found, name: str, case: Case) -> None:
    rows = [row for row in found.marts["call_anomalies"] if row["kind"] == "ultra_short_calls"]
    assert [(r["switch_id"], r["calling_number"], str(r["hour"]), r["measure"]) for r in rows] == [
        (key["switch_id"], key["calling_number"], key["hour"], key["calls"]) for key in keys(case)
    ]
    assert [row["subject"] for row in found.bulletin("ultra_short_calls")] == [r["calling_number"] for r in rows]


def storm(found: Found, name: str, case: Case) -> None:
    rows = {
        (row["switch_id"], str(row["hour"])): row
        for row in found.marts["call_anomalies"]
        if row["kind"] == "unusual_traffic"
    }
    subjects = {row["subject"] for row in found.bulletin("unusual_traffic")}
    for key in keys(case):
        row = rows[key["switch_id"], key["hour"]]
        assert row["measure"] >= key["calls"] > row["usual"] + row["threshold"]
        assert f"{key['switch_id']} {key['hour'][:10]}" in subjects
