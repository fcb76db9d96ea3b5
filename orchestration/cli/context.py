"""What a command is given and what it gives back; how an answer looks is decided by the command itself."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from orchestration.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


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

    @cached_property
    def settings(self) -> Settings:
        """The settings of the environment. Raises UsageError naming the variable that cannot be used."""
        return Settings.from_environment()

    def give(self, answer: Answer) -> None:
        """Print the answer; with --json only the first one, so that stdout is one object."""
        if self.is_json:
            if not self.has_answered:
                error = {"message": answer.failure, "exit_code": answer.exit_code}
                write_json(self.out, {**answer.data, **({"error": error} if answer.failure else {})})
        else:
            answer.show(console(self.out))
            if answer.failure:
                print(f"tollhouse: {answer.failure}", file=sys.stderr)
        self.has_answered = True
        self.out.flush()


Command = Callable[[argparse.Namespace, Context], Answer]


def console(out: TextIO) -> Console:
    """A console that writes names as they are, and cuts nothing off where no person reads along."""
    from rich.console import Console

    options: dict[str, Any] = {"markup": False, "emoji": False, "highlight": False, "soft_wrap": True}
    # A pipe has no width: a table is as wide as its longest line, or scripts and `grep` would see half a name.
    width = None if out.isatty() or "COLUMNS" in os.environ else 1000
    return Console(file=out, width=width, **options)


def table(*columns: str, rows: Iterable[Sequence[Any]], figures: Iterable[str] = ()) -> Table:
    """A plain table; the columns named in `figures` stand to the right."""
    from rich import box
    from rich.table import Table

    to_the_right = set(figures)
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in to_the_right else "left", overflow="fold")
    for row in rows:
        made.add_row(*("" if value is None else str(value) for value in row))
    return made


def write_json(out: TextIO, data: Mapping[str, Any]) -> None:
    """One JSON object and a line's end. Money and dates are text, so that no digit is lost."""
    out.write(json.dumps(data, ensure_ascii=False, indent=2, default=_plain) + "\n")


def _plain(value: Any) -> str:
    if isinstance(value, (Decimal, Path)):
        return str(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
