"""Which reporter a call gets, and what each shows."""

from __future__ import annotations

import io
import sys

import pytest
from rich.console import Console
from rich.progress import Progress, TextColumn

from orchestration.cli.context import Context
from orchestration.cli.progress import Bars, Lines, Progressing, progress


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self) -> bool:
        """It says so."""
        return True


@pytest.mark.parametrize(("is_json", "is_terminal", "kind"), [(False, True, Bars), (False, False, Lines)])
def test_bars_on_a_terminal_and_lines_elsewhere(
    monkeypatch: pytest.MonkeyPatch, is_json: bool, is_terminal: bool, kind: type[Progressing]
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal() if is_terminal else io.StringIO())
    with progress(Context(is_json)) as reporter:
        assert type(reporter) is kind


def test_nothing_with_json_even_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress(Context(is_json=True)) as reporter:
        reporter.step("pull")
        reporter.warn("one file is held")
    assert reporter.warnings == ["one file is held"]
    assert terminal.getvalue() == ""


def test_bars_end_a_step_when_the_next_begins() -> None:
    out = io.StringIO()
    shown = Progress(TextColumn("{task.description} {task.fields[label]}"), console=Console(file=out, width=80))
    with shown:
        bars = Bars(shown)
        bars.detail(1, 2, "before any step: no line to move")
        bars.step("pull")
        bars.detail(1, 4, "SW1_20260520_000001.csv")
        pull = shown.tasks[0]
        assert (pull.completed, pull.total, pull.fields["label"]) == (1, 4, "SW1_20260520_000001.csv")
        bars.step("build")
        assert [task.finished for task in shown.tasks] == [True, False]
        bars.warn("one file is held")
        bars.end()
    assert [task.finished for task in shown.tasks] == [True, True]
    assert "warning: one file is held" in out.getvalue()
