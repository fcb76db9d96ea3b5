"""The findings of `tollhouse doctor`: their form, for all checks."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARN, ERROR = "ok", "warn", "error"
LEVELS = (OK, WARN, ERROR)
#: Of what is wrong in the same way.
MOST_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """What a check found and what to do about it. `exit_code` is what the command ends with if it is an error."""

    check: str
    level: str
    found: str
    advice: str = ""
    exit_code: int = 1
