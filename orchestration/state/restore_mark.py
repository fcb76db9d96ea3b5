"""The mark of a restore that has begun to exchange the state: while it exists, only that restore may go on.

It is written when everything to be put in place is ready in the home, and removed when it is in place.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path

from orchestration.errors import TollhouseError
from orchestration.state.home_state import STATE
from orchestration.storage.durable import as_json, flush, replace_text

FILE_NAME = "restoring.json"
ASIDE = "replaced-"
# Named like everything half-built, so that `tollhouse doctor` reports one that a killed process left.
STAGING = ".building-restore"


@dataclass(frozen=True)
class RestoreMark:
    """Which backup is being restored, with its time (UTC) and edition; the folder in the home that takes what is there, and the
    names that are put in its place.

    Raises ValueError where they cannot be those of a restore.
    """

    backup: str
    made_at: str
    edition: str | None
    aside: str
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if not (isinstance(self.backup, str) and Path(self.backup).is_absolute()):
            raise ValueError(f"'{self.backup}' is not the path of a backup")
        if not self.aside.startswith(ASIDE) or "/" in self.aside:
            raise ValueError(f"'{self.aside}' is not a folder of what is set aside")
        if not self.names or not set(self.names) <= {*STATE}:
            raise ValueError("its names are not those of a state")

    @property
    def command(self) -> str:
        """What to type to finish the restore."""
        return f"`tollhouse restore {shlex.quote(self.backup)}`"

    def write(self, home: Path) -> None:
        """From now on the restore is to be finished."""
        if (home / FILE_NAME).is_dir():  # a damaged mark may be anything
            (home / self.aside).mkdir(exist_ok=True)
            (home / FILE_NAME).rename(home / self.aside / FILE_NAME)
        replace_text(home / FILE_NAME, as_json(asdict(self)))


def restore_mark(home: Path) -> RestoreMark | None:
    """The mark that a killed restore has left, None where there is none. Raises TollhouseError where it cannot be read."""
    path = home / FILE_NAME
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return RestoreMark(**{**found, "names": tuple(found["names"])})
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TollhouseError(
            f"{path}: the mark of an unfinished restore is damaged ({getattr(error, 'strerror', None) or error}), so the state may be "
            "half the old one. `tollhouse restore DIR --replace` with the folder of a backup sets aside what is there and restores "
            "that; nothing is deleted"
        ) from error


def remove_mark(home: Path) -> None:
    """The restore is finished."""
    (home / FILE_NAME).unlink()
    flush(home)


def refuse_half_restored(home: Path) -> None:
    """Raise TollhouseError where a restore was killed while it exchanged the state."""
    mark = restore_mark(home)
    if mark is not None:
        raise TollhouseError(
            f"{home}: a restore was interrupted, and the state is half the old one; nothing is lost: "
            f"{mark.command} finishes it"
        )
