"""What of TOLLHOUSE_HOME is the branch's state, by name: what a backup holds, and what a restore puts back or sets aside.

The reference book, the sources file and the settings are the user's own, and not among it wherever they lie.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

LEDGER = "ledger.sqlite"
ALERTS = "alerts.sqlite"
#: SQLite files: other processes may write to them at any time, so SQLite itself copies them.
DATABASES = (LEDGER, ALERTS)
WAREHOUSE = "warehouse.duckdb"
#: Files that change between runs only. A write-ahead log is there where the last process was killed; it belongs to its warehouse.
PLAIN_FILES = (WAREHOUSE, f"{WAREHOUSE}.wal", "last_run.json")
FOLDERS = ("landing", "raw", "closed", "published")
#: What belongs to the state and is of no use elsewhere: a restore sets it aside before anything it belongs to.
SIDE_FILES = (
    *(f"{name}{suffix}" for name in DATABASES for suffix in ("-wal", "-shm", "-journal")),
    "ledger.seal",
    "being_decoded",
)
#: All of it in the order in which a restore sets it aside.
STATE = (*SIDE_FILES, f"{WAREHOUSE}.wal", *DATABASES, WAREHOUSE, "last_run.json", *FOLDERS)

#: What else a home holds: deliveries, histories and locks. They stay where they are.
NOT_STATE = ("inbox", "dagster", "logs", "run.lock", "alerts.lock", "decoding.tmp", "before-rebuild")

_HALF_MADE = (".tmp", ".part", ".building", ".sharing")


def state_names(home: Path) -> list[str]:
    """The names of the state that a home holds, in the order of `STATE`."""
    return [name for name in STATE if os.path.lexists(home / name)]


def files_of(home: Path, folder: str) -> Iterator[Path]:
    """The whole files below one of the state's folders, relative to the home; what a killed run left half made is not among
    them."""
    is_landing = folder == "landing"  # where a delivered file may have any name
    for parent, folders, names in os.walk(home / folder):
        is_top = Path(parent) == home / folder
        folders[:] = sorted(name for name in folders if not name.startswith(".") or (is_landing and not is_top))
        for name in sorted(names):
            if is_landing or not (name.startswith(".") or name.endswith(_HALF_MADE)):
                yield (Path(parent) / name).relative_to(home)
