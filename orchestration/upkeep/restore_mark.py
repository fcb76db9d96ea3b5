"""The mark of a restore that has begun to exchange the state: while it is there, nothing but that restore may go on.

It is written when everything that is to be put in place lies ready in the home, and removed when it is in place.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from orchestration.errors import TollhouseError
from orchestration.publishing.durable import as_json, flush, replace_text

FILE_NAME = "restoring.json"


@dataclass(frozen=True)
class RestoreMark:
    """Which backup is being restored, with its time (UTC) and edition; the folder in the home that takes what is there, and the
    names that are put in its place."""

    backup: str
    made_at: str
    edition: str | None
    aside: str
    names: tuple[str, ...]

    def write(self, home: Path) -> None:
        """From now on the restore is to be finished."""
        replace_text(home / FILE_NAME, as_json(asdict(self)))


def restore_mark(home: Path) -> RestoreMark | None:
    """The mark that a killed restore has left, None where there is none. Raises TollhouseError where it cannot be read."""
    path = home / FILE_NAME
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return RestoreMark(**{**found, "names": tuple(found["names"])})
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TollhouseError(
            f"{path}: the mark of an unfinished restore cannot be read ({error}); restore into another TOLLHOUSE_HOME"
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
            f"`tollhouse restore {mark.backup}` finishes it"
        )
