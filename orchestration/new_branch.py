"""The home of a new branch: its folders, its sources file, its settings and a reference book to fill in.

What is written is accepted by `tollhouse doctor`. No rule is chosen for the branch: a book that is not a sample has no tariff.
"""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import TollhouseError, UsageError
from orchestration.reference_book.tables import REFERENCE_TABLES
from orchestration.settings import PROJECT_ROOT, Settings

_SEEDS = PROJECT_ROOT / "seeds"
TEMPLATE = _SEEDS / "new_branch"
SAMPLE_BOOK = _SEEDS / "reference"
#: The meaning of every column of the book, made by `python -m docs.generate`.
COLUMN_GUIDE = TEMPLATE / "reference" / "columns.md"
SETTINGS_FILE = "tollhouse.env"
INBOX_FOLDERS = ("inbox/cdr", "inbox/bank", "inbox/customers")


@dataclass(frozen=True)
class NewBranch:
    """What was created: the home, the settings that name its parts, and its files, relative to the home."""

    home: Path
    settings: Mapping[str, str]
    files: tuple[str, ...]


def create_branch(home: Path, is_sample: bool) -> NewBranch:
    """Create the home of a branch in a folder that is new or empty; `is_sample` takes the demo city's reference book.

    Raises UsageError where the folder is not empty or its path cannot be a home, TollhouseError where it cannot be written.
    """
    settings = {
        "TOLLHOUSE_HOME": str(home),
        "TOLLHOUSE_REFERENCE": str(home / "reference"),
        "TOLLHOUSE_SOURCES": str(home / "sources.yml"),
    }
    Settings.from_environment(settings)  # a path that databases cannot take is refused before anything is written
    written = []
    try:
        _refuse_used(home)
        for folder in ("reference", *INBOX_FOLDERS):
            (home / folder).mkdir(parents=True, exist_ok=True)
        for name, content in _files(home, settings, is_sample):
            (home / name).write_bytes(content)
            written.append(name)
    except OSError as error:
        raise TollhouseError(f"{error.filename}: {error.strerror}; name a folder that you can write to") from error
    return NewBranch(home, settings, tuple(written))


def _refuse_used(home: Path) -> None:
    if not str(home).isprintable():  # a line break in it would end a line of the settings file
        raise UsageError(f"{str(home)!r} holds a control character; name a folder without it")
    if home.is_dir():
        first = min((path.name for path in home.iterdir()), default=None)
        if first is not None:
            raise UsageError(f"{home} is not empty: it holds {first}; name a new folder or an empty one")
    elif home.exists() or home.is_symlink():
        raise UsageError(f"{home} is not a folder; name a new folder or an empty one")


def _files(home: Path, settings: Mapping[str, str], is_sample: bool) -> Iterator[tuple[str, bytes]]:
    """(name below the home, content) of every file, the settings last."""
    for table in REFERENCE_TABLES.values():
        name = f"reference/{table.name}.csv"
        if is_sample:
            yield name, (SAMPLE_BOOK / f"{table.name}.csv").read_bytes()
        elif table.name == "debit_result_codes":
            yield name, _codes_of_schemes().encode()
        elif (TEMPLATE / name).is_file():
            yield name, (TEMPLATE / name).read_bytes()
        else:
            yield name, f"{','.join(table.header)}\n".encode()
    yield "reference/columns.md", COLUMN_GUIDE.read_bytes()
    yield "sources.yml", (TEMPLATE / "sources.yml").read_bytes()
    yield SETTINGS_FILE, _settings_text(home, settings).encode()


def _codes_of_schemes() -> str:
    """The result codes of the schemes that formats of banks name; the demo city's own banks are left out."""
    from seeds.demo_city.people import BANKS

    with (SAMPLE_BOOK / "debit_result_codes.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if row[0] not in BANKS]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _settings_text(home: Path, settings: Mapping[str, str]) -> str:
    here = shlex.quote(str(home / SETTINGS_FILE))
    lines = [
        "# Settings of this branch, one NAME=VALUE a line.",
        f"# In a shell:    set -a; . {here}; set +a",
        f"# In systemd:    EnvironmentFile={home / SETTINGS_FILE}",
        *(f"{name}={shlex.quote(value)}" for name, value in settings.items()),
        "# The branch's clock. Times in call files are in this zone where they do not name another:",
        f"TOLLHOUSE_TIME_ZONE={Settings.time_zone}",
        "# The first month to bill; without it the month of the earliest call file:",
        "#TOLLHOUSE_FIRST_BILLING_PERIOD=2026-03",
        "# Memory that a run may use; without it four fifths of the machine's:",
        "#TOLLHOUSE_MEMORY_LIMIT=4GB",
        "# `tollhouse doctor` lists all settings.",
    ]
    return "\n".join(lines) + "\n"
