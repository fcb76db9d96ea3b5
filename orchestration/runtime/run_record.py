"""The result of the last run, in `$TOLLHOUSE_HOME/last_run.json`: written by the run's steps, read by the commands."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.errors import TollhouseError
from orchestration.settings import Settings

FILE_NAME = "last_run.json"


@dataclass
class RunRecord:
    """A run's outcome as it becomes known: running, published, nothing_new, blocked, failed or stopped. Paths are relative
    to the state's folder.

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
    error: str | None = None  # why it failed, in one line
    ended_at: str | None = None
    boot_id: str | None = field(default_factory=lambda: _boot_id())
    oom_kills: int | None = field(default_factory=lambda: _oom_kills())  # by the system, before the run began

    def save(self, settings: Settings) -> None:
        """Replace the record."""
        path = _path(settings)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=2), encoding="utf-8")
        temporary.replace(path)


def load_record(settings: Settings) -> RunRecord | None:
    """The last run's record, None before the first. Raises TollhouseError where it cannot be read."""
    path = _path(settings)
    if not path.is_file():
        return None
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return RunRecord(**values)
    except OSError as error:
        raise TollhouseError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise TollhouseError(
            f"{path} is damaged ({type(error).__name__}); it holds only the result of the last run, and the next `tollhouse run` "
            "writes it again"
        ) from error


def update_record(settings: Settings, **values: Any) -> RunRecord:
    """Set fields of the record of the run in progress; a status that ends it sets the time of its end too."""
    record = load_record(settings)
    if record is None:
        raise RuntimeError("no run has begun: there is no record to update")
    if values.get("status", "running") != "running":
        values.setdefault("ended_at", _now())
    for name, value in values.items():
        setattr(record, name, value)
    record.save(settings)
    return record


def note_end(settings: Settings, run_id: str, status: str, error: str | None = None) -> None:
    """Keep that a run has failed or was stopped, and why. The first record stays; a run that ended otherwise is not changed."""
    try:
        record = load_record(settings)
    except TollhouseError:  # of the run before: this one failed before it had a record
        return
    if record is not None and record.run_id == run_id and record.status == "running":
        update_record(settings, status=status, error=error)


def one_line_of(error: BaseException) -> str:
    """An error in one line: its first line, with its type where the message is not ours."""
    line = (str(error).strip().splitlines() or ["no message"])[0]
    return line if isinstance(error, TollhouseError) else f"{type(error).__name__}: {line}"


def ending(record: RunRecord, is_at_work: bool) -> tuple[str, str | None]:
    """The status of the last run, and the reason where it did not end normally.

    `unfinished` is a run whose process is gone without a word. `is_at_work`: some process holds the run lock.
    """
    if record.status != "running" or is_at_work:
        return record.status, record.error
    if record.boot_id is not None and record.boot_id != _boot_id():
        return "unfinished", "the machine was restarted, or its power failed, while the run was at work"
    kills = _oom_kills()
    if record.oom_kills is not None and kills is not None and kills > record.oom_kills:
        return "unfinished", (
            "its process was killed, and the system has killed for want of memory since it began: set "
            "TOLLHOUSE_MEMORY_LIMIT to less than the machine has free"
        )
    return (
        "unfinished",
        "its process was killed; nothing is lost, and the next `tollhouse run` goes on from what was kept",
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _boot_id() -> str | None:
    """An id that changes with each start of the machine; None where the system has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None


def _oom_kills() -> int | None:
    """How many processes the system has killed because memory was short, here and in the machine; None where it is not known."""
    kills = []
    for path in ("/sys/fs/cgroup/memory.events", "/proc/vmstat"):
        try:
            lines = Path(path).read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        kills += [int(line.split()[1]) for line in lines if line.startswith("oom_kill ")]
    return max(kills, default=None)


def _path(settings: Settings) -> Path:
    return settings.home / FILE_NAME
