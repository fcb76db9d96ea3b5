"""docs/first-day.md as steps: the files that it shows, the commands that it types, and what they print.

"```csv PATH" is a file below the branch's home; "```sh runnable" is typed; a "```text" after it is what is printed, where … stands for
anything: alone for any lines, in a line for any text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from orchestration.settings import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "docs" / "first-day.md").read_text(encoding="utf-8")
HOME = "/srv/billing/lakeside"
_BLOCKS = re.compile(r"^```(?P<kind>sh|csv|text)(?: (?P<mark>\S+))?\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """A file that is written (`path` below the home), or commands that are typed and what they print."""

    path: str | None
    text: str
    printed: str | None = None


def steps() -> list[Step]:
    """Every step of the page in its order."""
    found: list[Step] = []
    for block in _BLOCKS.finditer(TEXT):
        if block["kind"] == "csv":
            found.append(Step(block["mark"], block["text"]))
        elif block["mark"] == "runnable":
            found.append(Step(None, block["text"]))
        elif block["kind"] == "text":
            found[-1] = Step(None, found[-1].text, block["text"])
    return found


def script(home: Path) -> str:
    """The page as one script for a branch in `home`; before each step it prints a line `@ <number>`."""
    lines = ["set -euo pipefail"]
    for number, step in enumerate(steps()):
        lines.append(f"echo '@ {number}'")
        if step.path is None:
            lines.append(at(step.text, home))
        else:
            lines += [
                f"mkdir -p '{(home / step.path).parent}'",
                f"cat > '{home / step.path}' <<'FILE'\n{step.text}FILE",
            ]
    return "\n".join(lines)


def at(text: str, home: Path) -> str:
    """The text for a branch in another home."""
    return text.replace(HOME, str(home))


def pattern(printed: str, home: Path) -> re.Pattern[str]:
    """What the printed text must match."""
    lines = at(printed, home).splitlines(keepends=True)
    parts = [r"(?:.*\n)*?" if line == "…\n" else re.escape(line).replace("…", ".*") for line in lines]
    return re.compile("".join(parts))
