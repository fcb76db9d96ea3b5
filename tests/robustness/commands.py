"""Typing a command as people do, in this process or in one of its own, and what came back."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Typed:
    """Exit code and the JSON answer of a command."""

    exit_code: int
    answer: dict[str, Any]
    errors: str

    @property
    def message(self) -> str:
        """What it said went wrong."""
        return str(self.answer.get("error", {}).get("message", "")) + self.errors


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Within, the settings are these and no others of Tollhouse; afterwards everything is as before."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("TOLLHOUSE_")]:
        del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def tollhouse(settings: Mapping[str, str], *words: str) -> Typed:
    """Run a command with --json in this process, which spares the seconds of starting everything again."""
    from orchestration.cli import main

    out, errors = io.StringIO(), io.StringIO()
    with environment(settings), redirect_stdout(out), redirect_stderr(errors):
        code = main([*words, "--json"])
    return Typed(code, json.loads(out.getvalue()), errors.getvalue())


def started(settings: Mapping[str, str], program: str) -> subprocess.Popen[str]:
    """A Python program on the project, at work in a process of its own."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("TOLLHOUSE_")}
    return subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env={**own, **settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
