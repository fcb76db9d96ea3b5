"""The table of release gates: every gate of the catalogue, with the result it had."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from expectations.catalogue import suites_of_stage
from expectations.report import gate_table, write_gate_table
from expectations.results import GateResult

HOLDS = GateResult("bills", "bills_are_the_sums_of_their_lines", "d", "critical", True, 1200, 0)


def _row(table: str, gate: str) -> str:
    return next(line for line in table.splitlines() if f"| {gate} |" in line)


def test_each_release_gate_has_a_row_with_its_last_result() -> None:
    table = gate_table([HOLDS])
    assert len(table.splitlines()) == 2 + sum(len(suite.gates) for suite in suites_of_stage("release"))
    assert _row(table, HOLDS.gate) == (
        "| marts.bills | bills_are_the_sums_of_their_lines | Every bill is the sum of its lines, and every line is on"
        " a bill. | 1200 | 0 | holds |"
    )
    assert _row(table, "no_call_is_charged_twice").endswith("|  |  | not run |")


def test_failed_and_unevaluated_gates_are_told_apart() -> None:
    failed = replace(HOLDS, success=False, failed_rows=3)
    assert _row(gate_table([failed]), HOLDS.gate).endswith("| 1200 | 3 | failed |")
    unevaluated = replace(HOLDS, success=False, checked_rows=0, exception="no such table")
    assert _row(gate_table([unevaluated]), HOLDS.gate).endswith("| 0 | 0 | failed: could not be evaluated |")


def test_the_file_is_the_same_for_the_same_results(tmp_path: Path) -> None:
    intake = GateResult("cdr_files", "no_cdr_file_is_held", "d", "error", False, 1, 1)
    write_gate_table([HOLDS, intake], tmp_path / "docs" / "release-gates.md")
    write_gate_table([intake, HOLDS], tmp_path / "again.md")
    text = (tmp_path / "docs" / "release-gates.md").read_text(encoding="utf-8")
    assert text == (tmp_path / "again.md").read_text(encoding="utf-8")
    assert text.startswith("# Release gates\n")
    assert "no_cdr_file_is_held" not in text
