"""How a failure is reported: one line on stderr, or the error object of --json; the traceback goes into a log."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path

from orchestration.branch_clock import branch_now
from orchestration.cli.context import Context, write_failure, write_json
from orchestration.errors import TollhouseError, UsageError
from orchestration.log_lines import is_json_log
from orchestration.settings import Settings
from orchestration.storage.disk_space import full_disk_fault


def print_failure(context: Context, message: str, exit_code: int) -> int:
    """Report what went wrong; returns the exit code."""
    if context.is_json and not context.has_answered:
        write_json(context.out, {"error": {"message": message, "exit_code": exit_code}})
        context.out.flush()
    if not context.is_json or context.has_answered or is_json_log():
        write_failure(message)
    return exit_code


def log_failure(error: BaseException) -> str:
    """Keep the traceback of an unexpected fault in `$TOLLHOUSE_HOME/logs/`; returns the message that names the log."""
    first_line = (str(error).strip().splitlines() or ["no message"])[0]
    what = f"an unexpected {type(error).__name__}: {first_line}"
    if isinstance(error, OSError) and error.strerror:
        what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    what = disk_fault(error) or what
    text = "".join(traceback.format_exception(error))
    for folder in _log_folders():
        path = folder / f"{branch_now(_time_zone()):%Y%m%dT%H%M%S}-{os.getpid()}.log"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(f"tollhouse {' '.join(sys.argv[1:])}\n\n{text}", encoding="utf-8")
        except OSError:
            continue  # a full or read-only disk may be the very fault: try the next place
        return f"{what}; the details are in {path}"
    return f"{what}; the details could not be kept: no log can be written"


def disk_fault(error: BaseException) -> str | None:
    """The message where a full disk made a command fail, wherever it was noticed; None where the cause is another."""
    try:
        return full_disk_fault(error, Settings.from_environment().home)
    except UsageError:  # the settings are wrong, which is then the fault
        return None


def damage(error: BaseException) -> TollhouseError | None:
    """The place of the home that may not be used, or the damaged file that made an engine fail in this command; None where it is
    something else, or a run is in progress."""
    from orchestration.state.places import place_fault_behind

    try:
        misplaced = place_fault_behind(Settings.from_environment(), error)
    except UsageError:  # the settings are wrong, which is then the fault
        return None
    if misplaced is not None:
        return misplaced
    if isinstance(error, TollhouseError):  # runs have looked for it themselves
        return None
    from orchestration.runtime.run_lock import run_lock
    from orchestration.state.engine_errors import explained, is_of_an_engine

    if not is_of_an_engine(error):
        return None
    try:
        settings = Settings.from_environment()
        with run_lock(settings):
            return explained(settings, error)
    except TollhouseError:
        return None


def _time_zone() -> str:
    try:
        return Settings.time_zone_of()
    except UsageError:  # the settings are wrong, which may be what the log is about
        return Settings.time_zone


def _log_folders() -> list[Path]:
    elsewhere = Path(tempfile.gettempdir()) / "tollhouse-logs"
    try:
        return [Settings.from_environment().home / "logs", elsewhere]
    except UsageError:  # the settings are wrong, so there is no home to write to
        return [elsewhere]
