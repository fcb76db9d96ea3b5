"""Making a backup of the state: one per folder, complete, with a manifest of hashes that is written last.

<folder>/UNFINISHED       while the backup is being made, and for good where that was killed
<folder>/state/...        the files as they lie in the home, links followed; nothing is shared with the home
<folder>/manifest.json    what the state is of, what of it is damaged, and path, size and SHA-256 of every file
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from orchestration.errors import TollhouseError, UsageError
from orchestration.ledger.schema import SCHEMA_VERSION
from orchestration.ledger.soundness import refuse_lost_ledger, seal_fault
from orchestration.runtime.progress import Reporter
from orchestration.runtime.run_lock import is_run_at_work, run_lock
from orchestration.settings import Settings
from orchestration.state.home_state import DATABASES, FOLDERS, LEDGER, PLAIN_FILES, files_of, refuse_other_than_file
from orchestration.storage.disk_space import is_disk_full
from orchestration.storage.durable import as_json, flush, flush_tree, replace_text, sha256_of
from orchestration.upkeep.wholeness import held_edition, state_faults

MANIFEST, STATE_FOLDER, UNFINISHED = "manifest.json", "state", "UNFINISHED"
MANIFEST_VERSION = 1

# A nightly backup may meet the nightly run.
PATIENCE_SECONDS = 3600.0

_CHUNK_BYTES = 1 << 20
_SPARE_BYTES = 64 << 20  # folders, the manifest, what SQLite writes beside a copy
_MOST_KEPT = 100  # of the faults, in the manifest


@dataclass(frozen=True)
class BackedUpFile:
    """A file of a backup. `path` is relative to the home; `shares` names an earlier file that is the same one, as editions
    share their unchanged files."""

    path: str
    size_bytes: int
    sha256: str
    mtime_ns: int
    shares: str | None = None


@dataclass(frozen=True)
class Backup:
    """A backup that was made: when (UTC), of which home and edition, and its files. `damage` lists what was lost or damaged in
    the home already, and so is in the backup."""

    folder: Path
    made_at: str
    home: str
    edition: str | None
    ledger_schema: int
    tollhouse_version: str
    files: tuple[BackedUpFile, ...]
    damage: tuple[str, ...] = ()

    @property
    def size_bytes(self) -> int:
        """What its files take on the disk: a shared one counts once."""
        return sum(file.size_bytes for file in self.files if file.shares is None)

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it puts into a home."""
        return tuple(sorted({file.path.split("/", 1)[0] for file in self.files}))


def make_backup(
    settings: Settings, folder: Path, reporter: Reporter, patience_seconds: float = PATIENCE_SECONDS
) -> Backup:
    """Copy the state of the home into a folder that is empty or not there; a run in progress is waited for, and none begins
    meanwhile.

    Raises UsageError where the folder holds something else, TollhouseError where there is no state, the ledger is damaged, a
    file cannot be read, the run in progress goes on for longer than `patience_seconds`, or the disk has no room. What else is
    damaged is said by the backup that is made.
    """
    folder = folder.expanduser().absolute()
    _refuse_folder(settings.home, folder)
    refuse_lost_ledger(settings.ledger_path)
    if not settings.ledger_path.is_file():
        raise TollhouseError(
            f"{settings.home}: there is no file ledger, so there is nothing to back up; `tollhouse run` makes it"
        )
    try:
        return _make(settings, folder, reporter, patience_seconds)
    except (OSError, sqlite3.Error) as error:
        fault = _fault(settings.home, folder, error)
    raise TollhouseError(fault)  # outside: a full disk as its cause would be reported as one of the home


def _make(settings: Settings, folder: Path, reporter: Reporter, patience_seconds: float) -> Backup:
    home, state = settings.home, folder / STATE_FOLDER
    if is_run_at_work(settings):
        reporter.step("wait for the run in progress")
    with run_lock(settings, patience_seconds):
        reporter.step("copy the state")
        fault = seal_fault(settings.ledger_path)  # under the lock, which all who write to it hold
        if fault is not None:
            raise TollhouseError(fault)
        plain = _plain_files(home)
        _refuse_among(home, folder, plain)
        _refuse_full_disk(home, folder, plain)
        is_new = not folder.exists()
        _begin(home, folder)
        try:
            files = _copy_databases(home, state, reporter)
            schema = _schema_version(state / LEDGER)
            if schema > SCHEMA_VERSION:
                raise TollhouseError(
                    f"{settings.ledger_path}: the file ledger is of schema version {schema}, this tollhouse reads {SCHEMA_VERSION}; use "
                    "the tollhouse that made it"
                )
        except TollhouseError:
            _discard(folder, is_new)
            raise
        files += _copy_all(home, state, plain, reporter)
        made_at = datetime.now(UTC)
    reporter.step("hold the copy against the ledger")
    backup = Backup(
        folder=folder,
        made_at=made_at.isoformat(timespec="seconds"),
        home=str(home),
        edition=held_edition(state),
        ledger_schema=schema,
        tollhouse_version=version("tollhouse"),
        files=tuple(files),
        damage=tuple(some_of(state_faults(state, home, {file.path: file.sha256 for file in files}), _MOST_KEPT)),
    )
    reporter.step("finish the backup")
    flush_tree(state)
    described = {name: value for name, value in asdict(backup).items() if name != "folder"}
    replace_text(folder / MANIFEST, as_json({"manifest_version": MANIFEST_VERSION, **described}))
    (folder / UNFINISHED).unlink()
    flush(folder)
    return backup


def some_of(problems: list[str], most: int) -> list[str]:
    """The first of the problems, and how many more there are."""
    return problems[:most] + ([f"and {len(problems) - most} more"] if len(problems) > most else [])


def _refuse_folder(home: Path, folder: Path) -> None:
    if folder.resolve().is_relative_to(home.resolve()):
        raise UsageError(f"{folder}: a backup inside of {home} is lost with it; name a folder elsewhere")
    if home.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"{folder} holds {home} itself; name a folder for this backup alone, outside of the home")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder for the backup")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    unfinished = folder / UNFINISHED
    if unfinished.is_file():
        if (of_home := unfinished.read_text(encoding="utf-8").strip()) in ("", str(home)):
            return
        raise UsageError(f"{folder}: it has an unfinished backup of {of_home}; name another folder")
    if (folder / MANIFEST).is_file():
        raise UsageError(
            f"{folder}: there is a backup already, and none is written over; name a folder for this one, such as "
            f"{folder.parent / datetime.now(UTC).strftime('%Y-%m-%dT%H%M')}"
        )
    raise UsageError(f"{folder} is not empty; name an empty folder or one that is not there")


def _begin(home: Path, folder: Path) -> None:
    """Make the folder; what a killed backup of this home left in it goes."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_text(folder / UNFINISHED, f"{home}\n")
    (folder / MANIFEST).unlink(missing_ok=True)
    shutil.rmtree(folder / STATE_FOLDER, ignore_errors=True)
    (folder / STATE_FOLDER).mkdir(mode=0o700)


def _discard(folder: Path, is_new: bool) -> None:
    """Leave nothing of a backup that is refused."""
    shutil.rmtree(folder / STATE_FOLDER)
    (folder / UNFINISHED).unlink()
    if is_new:
        folder.rmdir()


def _plain_files(home: Path) -> list[Path]:
    """All files but the databases, relative to the home. Raises TollhouseError where something else is in their place."""
    listed = [Path(name) for name in PLAIN_FILES if os.path.lexists(home / name)]
    for path in listed:
        refuse_other_than_file(home / path)
    for folder in FOLDERS:
        listed += files_of(home, folder)
    return listed


def _refuse_among(home: Path, folder: Path, plain: list[Path]) -> None:
    """Refuse a folder that is inside of the home by way of a link in it."""
    held = {(home / parent).resolve() for parent in {parent for path in plain for parent in path.parents}}
    if not held.isdisjoint([folder.resolve(), *folder.resolve().parents]):
        raise UsageError(
            f"{folder}: a link in {home} leads there, so the backup would be in the state itself; name a folder elsewhere"
        )


def _refuse_full_disk(home: Path, folder: Path, plain: list[Path]) -> None:
    seen: dict[tuple[int, int], int] = {}
    for path in [*plain, *(Path(name) for name in DATABASES if (home / name).is_file())]:
        found = (home / path).stat()
        seen[found.st_dev, found.st_ino] = found.st_size
    there = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
    twice = (home / LEDGER).stat().st_size  # for a while
    refuse_without_room(there, sum(seen.values()) + twice + _SPARE_BYTES, "the backup")


def refuse_without_room(place: Path, needed_bytes: int, what: str) -> None:
    """Raise TollhouseError where the disk of a folder has not so many bytes free."""
    free = shutil.disk_usage(place).free
    if free < needed_bytes:
        needed, has = (f"{size / (1 << 30):.2f} GiB" for size in (needed_bytes, free))
        raise TollhouseError(
            f"{place}: {what} needs {needed}, and {has} are free there; make room, or name another disk"
        )


def _copy_databases(home: Path, state: Path, reporter: Reporter) -> list[BackedUpFile]:
    """Copy the ledger, and the list of alerts where it is sound: without it some are sent once more. Raises TollhouseError
    where the ledger is damaged."""
    files = []
    for name in DATABASES:
        if not (home / name).is_file():
            continue
        try:
            files.append(_copy_database(home, state, name))
        except TollhouseError as error:
            if name == LEDGER:
                raise
            (state / name).unlink()
            reporter.warn(f"{error}; the backup is made without it")
    return files


def _copy_database(home: Path, state: Path, name: str) -> BackedUpFile:
    """Copy an SQLite file as of one moment, with all that its journal holds. Raises TollhouseError where it is
    damaged."""
    source, target = home / name, state / name
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with (
            closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=30)) as db,
            closing(sqlite3.connect(target)) as copy,
        ):
            db.backup(copy)
            problems = [row[0] for row in copy.execute("pragma integrity_check(1)") if row[0] != "ok"]
            is_empty = copy.execute("select count(*) from sqlite_master").fetchone() == (0,)
    except sqlite3.DatabaseError as error:
        if is_disk_full(error):
            raise
        problems, is_empty = [str(error)], False
    if problems or is_empty:
        raise TollhouseError(
            f"{source}: it is damaged and cannot be backed up ({problems[0] if problems else 'it holds nothing'}); "
            "`tollhouse doctor` says what to do"
        )
    return BackedUpFile(name, target.stat().st_size, sha256_of(target), source.stat().st_mtime_ns)


def _copy_all(home: Path, state: Path, paths: list[Path], reporter: Reporter) -> list[BackedUpFile]:
    copied: list[BackedUpFile] = []
    firsts: dict[tuple[int, int], BackedUpFile] = {}  # by inode: editions share files
    for number, path in enumerate(paths, start=1):
        reporter.detail(number, len(paths), str(path))
        found = (home / path).stat()
        key = (found.st_dev, found.st_ino)
        first = firsts.get(key) if found.st_nlink > 1 else None
        target = state / path
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if first is not None:
            link_or_copy(state / first.path, target)
            copied.append(
                BackedUpFile(path.as_posix(), first.size_bytes, first.sha256, first.mtime_ns, shares=first.path)
            )
            continue
        size, sha256 = copy_file(home / path, target, found.st_mtime_ns)
        copied.append(BackedUpFile(path.as_posix(), size, sha256, found.st_mtime_ns))
        firsts[key] = copied[-1]
    return copied


def copy_file(source: Path, target: Path, mtime_ns: int, mode: int = 0o600) -> tuple[int, str]:
    """Copy a file under a new name with the time at which it was written; its size and SHA-256, of what was read."""
    digest, size = hashlib.sha256(), 0
    with (
        source.open("rb") as read,
        os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file,
    ):
        while chunk := read.read(_CHUNK_BYTES):
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    os.utime(target, ns=(mtime_ns, mtime_ns))
    return size, digest.hexdigest()


def link_or_copy(existing: Path, target: Path) -> None:
    """Give a file of the same tree a second name; copy it where links cannot be made."""
    try:
        os.link(existing, target)
    except OSError:
        shutil.copy2(existing, target)


def _schema_version(ledger: Path) -> int:
    # Immutable: else SQLite would lay a journal beside the copy.
    with closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro&immutable=1", uri=True)) as db:
        return int(db.execute("pragma user_version").fetchone()[0])


def _fault(home: Path, folder: Path, error: OSError | sqlite3.Error) -> str:
    """An error of the system or of SQLite about a disk or a file, in words that name it."""
    if is_disk_full(error):
        return f"{folder}: the disk is full; make room there, or name a folder on another disk. {home} is as it was"
    named = getattr(error, "filename", None) or folder
    return f"{named}: {getattr(error, 'strerror', None) or error}; the backup in {folder} is not finished"
