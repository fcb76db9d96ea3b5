"""Log as JSON (TOLLHOUSE_LOG=json): one object per line, for programs that collect logs. Other modules decide what is logged."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from orchestration.errors import UsageError
from orchestration.printable import printable
from orchestration.settings import Settings


def is_json_log() -> bool:
    """Whether standard error is to be JSON. A wrong TOLLHOUSE_LOG is not; the settings report the wrong value."""
    try:
        return Settings.log_format_of() == "json"
    except UsageError:
        return False


def json_line(level: str, message: str, step: str | None = None, run_id: str | None = None) -> str:
    """One object without a line end: time (UTC, ISO), level (info, warning, error), message, step and run_id (or null)."""
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    fields = {"time": time, "level": level, "message": message, "step": step, "run_id": run_id}
    return printable(json.dumps(fields, ensure_ascii=False))


class JsonFormatter(logging.Formatter):
    """Records of Python's logging in the same form; a traceback is a part of the message."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        message = record.getMessage()
        if record.exc_info:
            message += "\n" + self.formatException(record.exc_info)
        return json_line(record.levelname.lower(), message)


def log_to_stderr() -> None:
    """Have what the parts of a server log, from warnings up, go to standard error in the form that is set."""
    handler = logging.StreamHandler(sys.stderr)
    if is_json_log():
        handler.setFormatter(JsonFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
