"""House rules that no linter knows, for `make conventions`: the lock file, no index address, no path of a machine, and a
dbt project that parses. Exits 1 and names file and line where a rule is broken."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
_MARK = "# locked from pyproject dependencies "

# An index or mirror named in a file would bind every user to it.
_INDEX = re.compile(
    r"--(extra-)?index-url|--find-links|registry\s*=\s*[\"']?https?:|\"resolved\":\s*\"https?:", re.IGNORECASE
)
_LEFT_OPEN = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
_TEXT = {".py", ".sql", ".yml", ".yaml", ".toml", ".md", ".lock", ".txt", ".cfg", ".json", ".css", ".js", ".csv", ""}


def dependencies_digest() -> str:
    """A hash of what pyproject.toml asks for; the lock file carries the one it was made from."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"], project["requires-python"]]
    return hashlib.sha256("\n".join(asked).encode()).hexdigest()


def lock_faults() -> list[str]:
    """The lock file is made from the present dependencies, pins every package by hash, and names no index."""
    text = LOCK.read_text(encoding="utf-8")
    faults = []
    if f"{_MARK}{dependencies_digest()}" not in text:
        faults.append("requirements.lock: not made from the present pyproject.toml; run `make lock`")
    pinned = re.findall(r"^([A-Za-z0-9_.-]+)==.*?(?=^\S|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    unhashed = [
        match.group(1)
        for match in re.finditer(r"^([A-Za-z0-9_.-]+)==.*?(?=^\S|\Z)", text, flags=re.MULTILINE | re.DOTALL)
        if "--hash=sha256:" not in match.group(0)
    ]
    if not pinned:
        faults.append("requirements.lock: pins nothing")
    faults += [f"requirements.lock: {name} has no hash" for name in unhashed]
    return faults


def text_faults() -> list[str]:
    """No index address, no mark of unfinished work, no path of the machine this runs on, in any tracked text."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    machine = (str(ROOT) + "/", str(Path.home()) + "/")
    faults = []
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.suffix not in _TEXT or not path.is_file() or path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if path.name != "Makefile" and _INDEX.search(line):
                faults.append(f"{name}:{number}: names a package index")
            if path.suffix in (".py", ".sql") and _LEFT_OPEN.search(line):
                faults.append(f"{name}:{number}: marks work left open")
            if any(place in line for place in machine):
                faults.append(f"{name}:{number}: names a path of this machine")
    return faults


def dbt_faults() -> list[str]:
    """The dbt project parses."""
    from orchestration.errors import TollhouseError
    from orchestration.warehouse.dbt_runner import ensure_manifest

    try:
        ensure_manifest()
    except TollhouseError as error:
        return [f"dbt_project: {error}"]
    return []


def mark_lock() -> None:
    """Write into the lock file what it was made from (for `make lock`)."""
    lines = [line for line in LOCK.read_text(encoding="utf-8").splitlines() if not line.startswith(_MARK)]
    LOCK.write_text("\n".join([f"{_MARK}{dependencies_digest()}", *lines]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["mark-lock"]:
        mark_lock()
        sys.exit(0)
    found = [*lock_faults(), *text_faults(), *dbt_faults()]
    print("\n".join(found) or "conventions hold")
    sys.exit(1 if found else 0)
