"""What the last run came to, in `$TOLLHOUSE_HOME/last_run.json`: written by the run's steps, read by the commands."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orchestration.settings import Settings

FILE_NAME = "last_run.json"


@dataclass
class RunRecord:
    """A run's outcome as it becomes known. Paths are relative to the state's folder.

    `ledger_state` is the ledger (`FileLedger.state`) that the run went on from after its intake.
    """

    run_id: str
    started_at: str
    status: str = "running"
    as_of: str | None = None
    edition: str | None = None
    edition_path: str | None = None
    blocked_path: str | None = None
    problems: list[str] = field(default_factory=list)
    unreachable: list[str] = field(
        default_factory=list
    )  # sources and files that could not be read, also among the problems
    figures: dict[str, str] = field(default_factory=dict)
    rebuilt_days: dict[str, str] = field(default_factory=dict)
    ledger_state: str | None = None

    def save(self, settings: Settings) -> None:
        """Replace the record."""
        path = _path(settings)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=2), encoding="utf-8")
        os.replace(temporary, path)


def load_record(settings: Settings) -> RunRecord | None:
    """The last run's record, None before the first."""
    path = _path(settings)
    if not path.is_file():
        return None
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return RunRecord(**values)


def update_record(settings: Settings, **values: Any) -> RunRecord:
    """Set fields of the record of the run at work."""
    record = load_record(settings)
    if record is None:
        raise RuntimeError("no run has begun: there is no record to update")
    for name, value in values.items():
        setattr(record, name, value)
    record.save(settings)
    return record


def _path(settings: Settings) -> Path:
    return settings.home / FILE_NAME
