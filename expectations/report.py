"""The table of the release gates with their last result, for the documentation. It evaluates nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from expectations.catalogue import suites_of_stage
from expectations.results import GateResult

_NOT_RUN = "not run"


def gate_table(results: Iterable[GateResult]) -> str:
    """The release gates of the catalogue as Markdown, in its order; equal results give equal text."""
    found = {(result.suite, result.gate): result for result in results}
    lines = [
        "| table | gate | what it says | rows checked | rows failed | result |",
        "| --- | --- | --- | ---: | ---: | --- |",
    ]
    for suite in suites_of_stage("release"):
        for gate in suite.gates:
            result = found.get((suite.name, gate.name))
            counts = (str(result.checked_rows), str(result.failed_rows)) if result else ("", "")
            cells = (suite.table_of(gate), gate.name, gate.description, *counts, _outcome(result))
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def write_gate_table(results: Iterable[GateResult], path: Path) -> None:
    """Write docs/release-gates.md: a heading, what the gates are for, and `gate_table`."""
    text = (
        "# Release gates\n\n"
        "Every gate must hold before an edition is published; one that cannot be evaluated counts as failed.\n"
        "If any fails, the edition is blocked and the last one stays. This table is written from a run's results.\n\n"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + gate_table(results), encoding="utf-8")


def _outcome(result: GateResult | None) -> str:
    if result is None:
        return _NOT_RUN
    if result.exception is not None:
        return "failed: could not be evaluated"
    return "holds" if result.success else "failed"
