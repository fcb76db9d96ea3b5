"""A file that is put into a source, with the UI and the daemon up and the sensor on: how soon the UI shows what became of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.defs.serving import WAIT_SECONDS, ask, served
from tests.robustness.branch import Branch, calls_of_day, cdr

#: What the contract promises, from the moment that a file has settled.
PROMISED_SECONDS = 60

NAME = "SW1_20260304_003004.csv"
LOCATION = {"repositoryLocationName": "orchestration.definitions", "repositoryName": "__repository__"}

SWITCH_ON = """mutation ($sensor: SensorSelector!) { startSensor(sensorSelector: $sensor) {
  __typename ... on Sensor { name sensorState { status } } ... on PythonError { message } } }"""

CHECKS = """{ assetChecks: assetCheckExecutions(assetKey: {path: ["call_detail_records"]}, checkName: "no_file_is_held", limit: 1) {
  status evaluation { severity success metadataEntries { label ... on TableMetadataEntry { table { records } } } } } }"""


@pytest.fixture
def platform(ran_copy: Branch, tmp_path: Path) -> Iterator[str]:
    """The UI and the daemon on a branch that has run, with the inbox sensor switched on."""
    with served("dagster", tmp_path / "dagster.log", "dev") as address:
        until = time.monotonic() + WAIT_SECONDS
        selector = {**LOCATION, "sensorName": "inbox_sensor"}
        while "data" not in (answer := ask(address, SWITCH_ON, sensor=selector)) or (
            answer["data"]["startSensor"]["__typename"] != "Sensor"
        ):
            assert time.monotonic() < until, answer
            time.sleep(0.5)
        yield address


def latest_check(address: str) -> dict[str, Any] | None:
    """The newest result of the check that no call file is held, once it is there."""
    answer = ask(address, CHECKS)
    assert "errors" not in answer, answer
    executions = answer["data"]["assetChecks"]
    evaluation = executions[0]["evaluation"] if executions else None
    return dict(evaluation) if evaluation else None


def test_a_held_file_is_shown_within_a_minute_of_settling(platform: str, ran_copy: Branch) -> None:
    """Half of its lines and more are bad: an ERROR that names switch, file, share and the first five records."""
    before = latest_check(platform)
    assert before is not None and before["success"], "the first run held no file"
    bad = [f"x{number},2200002,,,2026-03-04 10:00:00,60,16" for number in range(8)]
    delivered = ran_copy.home / "inbox" / "cdr" / "SW1" / NAME
    delivered.write_text(cdr([*calls_of_day("2026-03-04"), *bad]), encoding="utf-8")
    settled_at = time.monotonic()
    while (shown := latest_check(platform)) is None or shown["success"]:
        assert time.monotonic() - settled_at < PROMISED_SECONDS, "not shown within the time promised"
        time.sleep(0.5)
    seconds = time.monotonic() - settled_at
    print(f"shown {seconds:.1f} s after it was written")
    assert shown["severity"] == "WARN", "it is reported and keeps no edition back"
    entries = {entry["label"]: entry.get("table") for entry in shown["metadataEntries"]}
    (held,) = map(json.loads, entries["held"]["records"])
    assert (held["sender"], held["file_name"]) == ("SW1", NAME)
    assert held["reason"] == "8 of 15 records are malformed (53.33 %): more than the share of 0.5 allowed"
    assert held["first_records"].splitlines() == [
        f"line {line}: calling_number is not a valid number: {line - 1},{bad[line - 9]}" for line in range(9, 14)
    ]
