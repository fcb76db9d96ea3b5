"""Whether each known name of the home is the file or folder it should be, and whether this user may read and write it.

What is wrong here is no damage: nothing is lost, and no rebuild or restore fixes it.
"""

from __future__ import annotations

import os
import pwd
import shlex
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from orchestration.errors import GatesBlocked, TollhouseError, UsageError
from orchestration.settings import Settings
from orchestration.state.restore_mark import FILE_NAME as RESTORING
from orchestration.storage.disk_space import chain_of

_RUN, _RESTORE = "`tollhouse run`", "`tollhouse restore DIR --replace`"
_READ, _WRITE = os.R_OK, os.R_OK | os.W_OK


@dataclass(frozen=True)
class _Place:
    """What a name should be, what a command does with it, and what to type when something else was moved out of its place."""

    is_folder: bool
    needed: int
    then: str


_PLACES = {
    "run.lock": _Place(False, _WRITE, _RUN),
    "ledger.sqlite": _Place(False, _WRITE, _RESTORE),
    "ledger.seal": _Place(False, _READ, _RUN),
    "warehouse.duckdb": _Place(False, _WRITE, "`tollhouse rebuild --warehouse`"),
    "warehouse.duckdb.wal": _Place(False, _WRITE, _RUN),
    "last_run.json": _Place(False, _READ, _RUN),
    "being_decoded": _Place(False, _WRITE, _RUN),
    "landing": _Place(True, _WRITE, _RESTORE),
    "raw": _Place(True, _WRITE, "`tollhouse rebuild --raw`"),
    "closed": _Place(True, _READ, _RUN),
    "published": _Place(True, _WRITE, _RUN),
    "published/editions": _Place(True, _WRITE, _RUN),
    "published/blocked": _Place(True, _WRITE, _RUN),
    "published/current.json": _Place(False, _READ, _RUN),
    "dagster": _Place(True, _WRITE, _RUN),
    "alerts.sqlite": _Place(False, _WRITE, _RUN),
    "alerts.lock": _Place(False, _WRITE, _RUN),
    "accounts.json": _Place(False, _READ, _RESTORE),
    "accounts.lock": _Place(False, _WRITE, "`tollhouse users list`"),
    "session.secret": _Place(False, _READ, "`tollhouse serve`"),
    "logs": _Place(True, _WRITE, _RUN),
}
#: What a run does without. (The inbox is a source: one that cannot be read stops no other.)
_DISPENSABLE = ("alerts.sqlite", "alerts.lock", "accounts.json", "accounts.lock", "session.secret", "logs")
_READ_WHOLE = ("landing", "raw", "closed", "published", "dagster")
# Texts by which engines report that they may not open a file, or that it is not a file.
_CLUES = ("Permission denied", "unable to open database file", "readonly database", "Is a directory", "Not a directory")


@dataclass(frozen=True)
class PlaceFault:
    """A path that is not what it should be, or may not be used: what is wrong, and what to do."""

    path: Path
    found: str
    advice: str

    def __str__(self) -> str:
        return f"{self.found}: {self.advice}"


def place_faults(settings: Settings, apart_from: Collection[str] = ()) -> list[PlaceFault]:
    """What is wrong with the known names of the home, by a glance at each; `apart_from` those that the command replaces."""
    if settings.home.is_dir() and not _may(settings.home, _WRITE | os.X_OK):
        return [denied(settings.home)]
    found = (_place_fault(settings.home / name, place) for name, place in _PLACES.items() if name not in apart_from)
    return [fault for fault in found if fault is not None]


def refuse_unfit_places(settings: Settings, apart_from: Collection[str] = ()) -> None:
    """Raise TollhouseError where a name of the home that a run needs is not what it should be, or may not be used."""
    for fault in place_faults(settings, {*apart_from, *_DISPENSABLE}):
        raise TollhouseError(str(fault))


def set_aside_no_warehouse(settings: Settings) -> Path | None:
    """Move aside what is not a file in the place of the warehouse, a folder or a link that leads nowhere; where to. None where the
    warehouse is a file or not there. It is not ours, so it is never removed. The run lock must be held.
    """
    path = settings.warehouse_path
    if path.is_file() or not os.path.lexists(path):
        return None
    names = (path.with_name(f"{path.name}.aside{number or ''}") for number in count())
    aside = next(name for name in names if not os.path.lexists(name))
    path.rename(aside)
    return aside


def unreadable_paths(settings: Settings) -> Iterator[PlaceFault]:
    """The files and folders of the state, to the last, that may not be read."""
    for name in _READ_WHOLE:
        for folder, folders, files in os.walk(settings.home / name):
            paths = [(Path(folder) / one, _READ | os.X_OK) for one in folders]
            paths += [(Path(folder) / one, _READ) for one in files]
            yield from (denied(path) for path, needed in paths if path.exists() and not _may(path, needed))


def place_fault_behind(settings: Settings, error: BaseException) -> TollhouseError | None:
    """What is wrong with a place of the home that caused an error; None where the error has another cause."""
    if isinstance(error, GatesBlocked | UsageError):
        return None
    chain = list(chain_of(error))
    kinds = (PermissionError, IsADirectoryError, NotADirectoryError, FileExistsError)
    if not any(isinstance(one, kinds) or any(clue in str(one) for clue in _CLUES) for one in chain):
        return None
    for fault in place_faults(settings, ("logs",)):
        return TollhouseError(str(fault))
    for one in chain:
        if isinstance(one, kinds) and isinstance(one.filename, str):
            path = Path(one.filename)
            if path.is_relative_to(settings.home):
                is_denied = isinstance(one, PermissionError)
                return TollhouseError(str(denied(_barred(settings.home, path)) if is_denied else _in_the_way(path)))
    if any("Permission denied" in str(one) for one in chain):
        for fault in unreadable_paths(settings):
            return TollhouseError(str(fault))
    return None


def denied(path: Path) -> PlaceFault:
    """The message about a path that this user may not read or write."""
    status = path.lstat()
    user, owner, quoted = _name(os.geteuid()), _name(status.st_uid), shlex.quote(str(path))
    if os.statvfs(path.parent if path.is_symlink() else path).f_flag & os.ST_RDONLY:
        return PlaceFault(path, f"{path} is on a file system that is mounted read-only", "mount it for writing")
    found = (
        f"{path}: permission denied to the user {user}: it belongs to {owner}, with the mode {stat.filemode(status.st_mode)}. "
        "It is not damaged"
    )
    chmod = f"`chmod -R u+rwX {quoted}`"
    if user == owner:
        return PlaceFault(path, found, f"{chmod}, and the command again")
    return PlaceFault(path, found, f"as root `chown -R {user} {quoted}` and {chmod}, and the command again")


def _place_fault(path: Path, place: _Place) -> PlaceFault | None:
    try:
        is_link = stat.S_ISLNK(path.lstat().st_mode)
    except OSError:  # it does not exist, or its folder is reported by itself
        return None
    aside = f"{_aside(path)}, then {place.then}"
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if not is_link:
            return denied(path)
        found = f"{path} is a link to {path.readlink()}, which cannot be followed ({error.strerror})"
        return PlaceFault(
            path, found, f"bring back what it leads to (a disk that is not mounted?), or move it aside: {aside}"
        )
    is_right = stat.S_ISDIR(mode) if place.is_folder else stat.S_ISREG(mode)
    if not is_right:
        right, wrong = ("a folder", "a file") if place.is_folder else ("a file", "no file")
        wrong = "a folder" if stat.S_ISDIR(mode) else wrong
        return PlaceFault(path, f"{path} is {wrong} and should be {right}", f"move it aside: {aside}")
    return None if _may(path, place.needed | (os.X_OK if place.is_folder else 0)) else denied(path)


def _in_the_way(path: Path) -> PlaceFault:
    """The entry of a wrong kind at a path: the path itself, or a file where a parent folder should be."""
    path = next((one for one in reversed(path.parents) if os.path.lexists(one) and not one.is_dir()), path)
    found = f"{path} is {'a folder where a file' if path.is_dir() else 'a file where a folder'} should be"
    then = _RESTORE if path.name == RESTORING else _RUN  # the state may be half the old one
    return PlaceFault(path, found, f"move it aside: {_aside(path)}, then {then}")


def _aside(path: Path) -> str:
    return f"`mv {shlex.quote(str(path))} {shlex.quote(f'{path}.aside')}`"


def _barred(home: Path, path: Path) -> Path:
    """Of a path that may not be used and what it is in, the outermost that is the reason."""
    inside = [home, *(home / parent for parent in reversed(path.relative_to(home).parents[:-1])), path]
    there = [one for one in inside if os.path.lexists(one)]
    barring = (one for one in there if not _may(one, _WRITE | os.X_OK if one.is_dir() else _READ))
    return next(barring, there[-1])


def _may(path: Path, needed: int) -> bool:
    return os.access(path, needed, effective_ids=os.access in os.supports_effective_ids)


def _name(user_id: int) -> str:
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:  # a container's user need not have a name
        return str(user_id)
