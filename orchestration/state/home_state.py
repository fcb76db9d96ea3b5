"""What of TOLLHOUSE_HOME is the branch's state, by name: what a backup holds, and what a restore puts back or sets aside.

The reference book, the sources file and the settings are the user's own, and not among it wherever they lie.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from orchestration.errors import TollhouseError

LEDGER = "ledger.sqlite"
ALERTS = "alerts.sqlite"
#: SQLite files: other processes may write to them at any time, so SQLite itself copies them.
DATABASES = (LEDGER, ALERTS)
WAREHOUSE = "warehouse.duckdb"
#: Who may sign in, and what sessions are signed with: for the owner alone. A restore of a backup without them leaves them in
#: place, for without accounts everybody on this machine would be let in.
ACCESS_FILES = ("accounts.json", "session.secret")
#: Files that are replaced as a whole, or change between runs only. A write-ahead log exists where the last process was killed; it
#: belongs to its warehouse.
PLAIN_FILES = (WAREHOUSE, f"{WAREHOUSE}.wal", "last_run.json", "report_mails_sent.json", *ACCESS_FILES)
FOLDERS = ("landing", "raw", "closed", "published", "exports")
#: What belongs to the state and is of no use elsewhere: a restore sets it aside before anything it belongs to.
SIDE_FILES = (
    *(f"{name}{suffix}" for name in DATABASES for suffix in ("-wal", "-shm", "-journal")),
    "ledger.seal",
    "being_decoded",
)
#: All of it in the order in which a restore sets it aside.
STATE = (
    *SIDE_FILES,
    f"{WAREHOUSE}.wal",
    *DATABASES,
    WAREHOUSE,
    "last_run.json",
    "report_mails_sent.json",
    *ACCESS_FILES,
    *FOLDERS,
)

#: What else a home holds: deliveries, histories, what people declare, and locks. They stay where they are.
NOT_STATE = (
    "inbox",
    "dagster",
    "logs",
    "report_mails.yml",
    "run.lock",
    "alerts.lock",
    "accounts.lock",
    "report_mails.lock",
    "decoding.tmp",
    "before-rebuild",
)

_HALF_MADE = (".tmp", ".part", ".building", ".sharing")


def state_names(home: Path) -> list[str]:
    """The names of the state that a home holds, in the order of `STATE`."""
    return [name for name in STATE if os.path.lexists(home / name)]


def files_of(home: Path, folder: str) -> Iterator[Path]:
    """The whole files below one of the state's folders, relative to the home; what a killed run left half made is not among
    them. Links to folders are followed.

    Raises TollhouseError where something other than files and folders is there, or a link leads back, and OSError where a
    folder cannot be read.
    """
    is_landing = folder == "landing"  # where a delivered file may have any name
    if not os.path.lexists(home / folder):
        return
    for parent, folders, names in os.walk(home / folder, followlinks=True, onerror=_raise):
        here = Path(parent)
        _refuse_loop(here)
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") or (is_landing and here != home / folder)
        )
        for name in sorted(names):
            if is_landing or not (name.startswith(".") or name.endswith(_HALF_MADE)):
                refuse_other_than_file(here / name)
                yield (here / name).relative_to(home)


def refuse_other_than_file(path: Path) -> None:
    """Raise TollhouseError where a name of the state is not that of a file."""
    if path.is_file():
        return
    what = "is a link to nothing" if path.is_symlink() and not path.exists() else "is not a file"
    raise TollhouseError(f"{path} {what}: put the file there, or move it out of the home; see `tollhouse doctor`")


def _refuse_loop(folder: Path) -> None:
    if folder.is_symlink() and folder.resolve() in [parent.resolve() for parent in folder.parents]:
        raise TollhouseError(f"{folder} is a link to a folder that holds it: remove the link")


def _raise(error: OSError) -> None:
    raise error
