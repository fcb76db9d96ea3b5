"""Named moments of a run, for killing it exactly there: just before or after something that changes the disk.

They hang on what any way of writing must use (renames into the state's folders, the ledger's transactions, dbt's nodes), so
that the product's own names matter little. Active in the process that is to die; who asks for them is in kills.py.
"""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FOLDERS = {"landing": "landing a file", "raw": "putting a decoded file in its place"}
TRANSACTION = "a transaction of the ledger"
MODEL = "a dbt model"
EDITION = "naming the edition's folder"
POINTER = "moving the pointer"
EXCHANGE = "exchanging a part of the state"
#: What an upkeep command renames as a whole, and where it sets aside; no run does.
_EXCHANGED = {"landing", "raw", "closed", "published", "warehouse.duckdb", "warehouse.duckdb.wal", "ledger.sqlite"}
_ASIDE = ("replaced-", "before-rebuild")
MOMENTS = ("before", "after")


class KillPoints:
    """Counts the moments as they pass, and kills this process group at the one that is asked for."""

    def __init__(self, home: Path, deadly: str | None, nth: int) -> None:
        self.home = str(home)
        self.deadly, self.nth = deadly, nth
        self.passed: Counter[str] = Counter()

    def reached(self, moment: str, point: str) -> None:
        """A moment has come."""
        name = f"{moment} {point}"
        self.passed[name] += 1
        if name == self.deadly and self.passed[name] == self.nth:
            os.killpg(0, signal.SIGKILL)

    def place(self, target: Any) -> str | None:
        """The point that renaming something to `target` is, if it is one."""
        path = os.path.abspath(os.fspath(target))
        if not path.startswith(self.home + os.sep):
            return None
        first, _, rest = path[len(self.home) + 1 :].partition(os.sep)
        if (not rest and first in _EXCHANGED) or first.startswith(_ASIDE):
            return EXCHANGE
        if first == "published":
            if rest == "current.json":
                return POINTER
            return EDITION if rest.startswith("editions" + os.sep) and rest.count(os.sep) == 1 else None
        return FOLDERS.get(first)

    def install(self) -> None:
        """From now on the moments are noticed."""
        from dbt.task.run import ModelRunner

        from orchestration.ledger.file_ledger import FileLedger

        os.replace = self._around_rename(os.replace)  # type: ignore[assignment]
        os.rename = self._around_rename(os.rename)  # type: ignore[assignment]
        execute, transaction = ModelRunner.execute, FileLedger.transaction

        def executed(runner: Any, *values: Any, **named: Any) -> Any:
            self.reached("before", MODEL)
            result = execute(runner, *values, **named)
            self.reached("after", MODEL)
            return result

        @contextmanager
        def kept(ledger: FileLedger) -> Iterator[None]:
            is_outermost = not ledger._in_transaction
            with transaction(ledger):
                yield
                if is_outermost:
                    self.reached("before", TRANSACTION)  # everything is written, nothing is committed
            if is_outermost:
                self.reached("after", TRANSACTION)

        ModelRunner.execute = executed
        FileLedger.transaction = kept  # type: ignore[method-assign,assignment]

    def _around_rename(self, rename: Callable[..., None]) -> Callable[..., None]:
        def renamed(source: Any, target: Any, **named: Any) -> None:
            point = self.place(target)
            if point is not None:
                self.reached("before", point)
            rename(source, target, **named)
            if point is not None:
                self.reached("after", point)

        return renamed

    def save(self, path: Path) -> None:
        """How often each moment came, as JSON."""
        path.write_text(json.dumps(self.passed), encoding="utf-8")
