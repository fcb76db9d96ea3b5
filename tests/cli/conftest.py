"""A home in a temporary folder, and the command as a process would call it, without starting one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestration.cli import main
from orchestration.settings import Settings


@dataclass(frozen=True)
class Called:
    """What a call of the command left behind."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout; fails where there is more or less."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


Tollhouse = Callable[..., Called]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a home that is not there yet."""
    for name in ("REFERENCE", "SOURCES", "MEMORY_LIMIT", "THREADS", "FIRST_BILLING_PERIOD", "SAMPLES"):
        monkeypatch.delenv(f"TOLLHOUSE_{name}", raising=False)
    monkeypatch.setenv("TOLLHOUSE_HOME", str(tmp_path / "home"))
    return Settings.from_environment()


@pytest.fixture
def tollhouse(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Tollhouse:
    """`tollhouse("files", "--json")`: calls the command and returns what it printed."""

    def call(*words: str) -> Called:
        capsys.readouterr()
        exit_code = main(list(words))
        printed = capsys.readouterr()
        return Called(exit_code, printed.out, printed.err)

    return call
