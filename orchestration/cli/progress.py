"""The progress of a run, for people: a moving line on a terminal, a line per step elsewhere, nothing with --json;
a JSON object per line with TOLLHOUSE_LOG=json."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from orchestration.cli.context import Context
from orchestration.log_lines import is_json_log, json_line
from orchestration.printable import one_line, printable
from orchestration.runtime.progress import current_run_id

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Progressing:
    """A reporter that keeps the warnings for the answer; subclasses decide what else they show."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def step(self, name: str) -> None:
        """A step begins."""

    def detail(self, done: int, total: int, label: str) -> None:
        """Progress in the step."""

    def warn(self, text: str) -> None:
        """Keep the warning."""
        self.warnings.append(text)


class Lines(Progressing):
    """A plain line per step, for logs and pipes."""

    def __init__(self, out: TextIO) -> None:
        super().__init__()
        self._out = out
        self._begun_at = time.monotonic()

    def step(self, name: str) -> None:
        """One line, with the seconds since the run began."""
        self._line(f"{time.monotonic() - self._begun_at:6.1f} s  {name}")

    def warn(self, text: str) -> None:
        """One line."""
        super().warn(text)
        self._line(f"warning: {text}")

    def _line(self, text: str) -> None:
        print(printable(text), file=self._out, flush=True)


class JsonLines(Progressing):
    """A JSON object per step and warning, for programs that collect logs."""

    def __init__(self, out: TextIO) -> None:
        super().__init__()
        self._out = out
        self._step: str | None = None

    def step(self, name: str) -> None:
        """One line of level info."""
        self._step = name
        self._line("info", name)

    def warn(self, text: str) -> None:
        """One line of level warning."""
        super().warn(text)
        self._line("warning", text)

    def _line(self, level: str, message: str) -> None:
        print(json_line(level, message, self._step, current_run_id()), file=self._out, flush=True)


class Bars(Progressing):
    """A line per step that moves while the step works and stays when it is done, with its seconds."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._progress = progress
        self._task: TaskID | None = None

    def step(self, name: str) -> None:
        """End the line before and begin a new one."""
        self.end()
        self._task = self._progress.add_task(name, total=None, label="")

    def detail(self, done: int, total: int, label: str) -> None:
        """Move the line."""
        if self._task is not None:
            self._progress.update(self._task, completed=done, total=total or None, label=one_line(label))

    def warn(self, text: str) -> None:
        """One line above the moving ones."""
        super().warn(text)
        self._progress.console.print(printable(f"warning: {text}"))

    def end(self) -> None:
        """The step is done."""
        if self._task is not None:
            self._progress.update(self._task, completed=1, total=1, label="")
            self._progress.stop_task(self._task)
            self._task = None


@contextmanager
def progress(context: Context) -> Iterator[Progressing]:
    """The reporter that suits this call."""
    if is_json_log():
        yield JsonLines(sys.stderr)
    elif context.is_json:
        yield Progressing()
    elif not sys.stderr.isatty():
        yield Lines(sys.stderr)
    else:
        with _progress_on_terminal() as bars:
            reporter = Bars(bars)
            yield reporter
            reporter.end()


def _progress_on_terminal() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.fields[label]}", markup=False),
        console=Console(file=sys.stderr, markup=False, emoji=False, highlight=False),
    )
