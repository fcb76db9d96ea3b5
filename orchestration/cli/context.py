"""What a command is given and what it gives back; how an answer looks is decided by the command itself."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from orchestration.log_lines import is_json_log, json_line
from orchestration.printable import one_line, printable
from orchestration.settings import Settings
from orchestration.state.restore_mark import refuse_half_restored
from orchestration.storage.file_modes import keep_private

if TYPE_CHECKING:
    from rich.console import Console

    from dashboards.i18n import Translate


@dataclass(frozen=True)
class Answer:
    """What a command found: as JSON, as text, and as the exit code. `failure` is said on stderr after the text."""

    data: Mapping[str, Any]
    show: Callable[[Console], None]
    exit_code: int = 0
    failure: str | None = None


@dataclass
class Context:
    """One call of `tollhouse`. Settings are read when a command first needs them."""

    is_json: bool
    out: TextIO = field(default_factory=lambda: sys.stdout)
    has_answered: bool = False
    asked_language: str | None = None  # by --lang; else the settings have it
    was_stopped: Callable[[], bool] = lambda: False  # by a signal, whatever a library made of it

    @cached_property
    def settings(self) -> Settings:
        """The settings of the environment; what is written from now on is for those who may read it.

        Raises UsageError naming the variable that cannot be used, TollhouseError where a restore was interrupted.
        """
        refuse_half_restored(self.settings_of_any_home.home)
        return self.settings_of_any_home

    @cached_property
    def settings_of_any_home(self) -> Settings:
        """The same, also where a restore is to be finished."""
        settings = Settings.from_environment()
        keep_private(settings)
        return settings

    @property
    def texts(self) -> Translate:
        """The texts of the pages and of the command line, in the language of the call."""
        from dashboards.i18n import Translate

        return Translate.to(self.asked_language or self.settings_of_any_home.language)

    def give(self, answer: Answer) -> None:
        """Print the answer; with --json only the first one, so that stdout is one object."""
        if self.is_json:
            if not self.has_answered:
                error = {"message": answer.failure, "exit_code": answer.exit_code}
                write_json(self.out, {**answer.data, **({"error": error} if answer.failure else {})})
        else:
            answer.show(console(self.out))
            if answer.failure:
                write_failure(answer.failure)
        self.has_answered = True
        self.out.flush()


def write_failure(message: str) -> None:
    """What went wrong, on standard error in the form of log that is set."""
    if is_json_log():
        print(json_line("error", message), file=sys.stderr, flush=True)
    else:
        print(printable(f"tollhouse: {message}"), file=sys.stderr)


Command = Callable[[argparse.Namespace, Context], Answer]


def console(out: TextIO) -> Console:
    """A console that writes names as they are: no markup in them is meant, no line of text is broken, and no control
    character reaches the terminal."""
    from rich.console import Console

    class TextConsole(Console):
        def print(self, *objects: Any, **options: Any) -> None:
            super().print(*(printable(one) if isinstance(one, str) else one for one in objects), **options)

    return TextConsole(file=out, markup=False, emoji=False, highlight=False, soft_wrap=True)


def print_table(
    console: Console, columns: Sequence[str], rows: Iterable[Sequence[Any]], figures: Iterable[str] = ()
) -> None:
    """A plain table; the columns named in `figures` are aligned right. No text is cut: people copy ids and names."""
    from rich.cells import cell_len

    to_the_right = set(figures)
    texts = [["" if value is None else one_line(str(value)) for value in row] for row in rows]
    widths = [max(map(cell_len, cells)) for cells in zip(columns, *texts, strict=True)]

    def line(row: Sequence[str]) -> str:
        cells = []
        for column, text, width in zip(columns, row, widths, strict=True):
            padding = " " * (width - cell_len(text))  # by cells: a Chinese character is two wide
            cells.append(padding + text if column in to_the_right else text + padding)
        return "  ".join(cells).rstrip()

    console.print(line(columns), style="bold")
    # A thousand lines are written by rich in a second, and by the file at once.
    console.file.writelines(f"{line(row)}\n" for row in texts)


def shown_code(texts: Translate, group: str, code: str | None) -> str | None:
    """A code as the command line shows it: in English as it stands in the tables, so that it can be searched for; else in words."""
    return code if code is None or texts.language == "en" else texts.code(group, code)


def print_fact(console: Console, label: str, text: object, width: int) -> None:
    """A label and its text in one line. The texts of several facts stand below each other, also after Chinese labels."""
    from rich.cells import cell_len

    console.print(f"{label}{' ' * (width - cell_len(label))}{text}")


def write_json(out: TextIO, data: Mapping[str, Any]) -> None:
    """One JSON object and a line's end. Money and dates are text, so that no digit is lost."""
    out.write(printable(json.dumps(data, ensure_ascii=False, indent=2, default=_plain)) + "\n")


def _plain(value: Any) -> str:
    if isinstance(value, (Decimal, Path)):
        return str(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
