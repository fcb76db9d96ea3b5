"""Restoring a backup: every hash is verified and every file is ready in the home before anything is exchanged.

What the home held is set aside in `replaced-<time>/`, never deleted. A restore that is killed before the exchange has changed
nothing; one that is killed in it leaves a mark (restore_mark.py) and goes on when it is typed again: with what is ready and
what is in place already where that is all of the backup, else from the backup again.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from orchestration.branch_clock import branch_now
from orchestration.errors import TollhouseError, UsageError
from orchestration.ledger.schema import SCHEMA_VERSION
from orchestration.ledger.soundness import SEAL
from orchestration.runtime.progress import Reporter
from orchestration.runtime.run_lock import run_lock
from orchestration.settings import Settings
from orchestration.state.home_state import ACCESS_FILES, FOLDERS, LEDGER, STATE, files_of, state_names
from orchestration.state.restore_mark import ASIDE, STAGING, RestoreMark, remove_mark, restore_mark
from orchestration.storage.durable import flush, flush_tree, replace_text, sha256_of
from orchestration.upkeep.backup import (
    MANIFEST,
    MANIFEST_VERSION,
    STATE_FOLDER,
    UNFINISHED,
    BackedUpFile,
    Backup,
    copy_file,
    link_or_copy,
    refuse_without_room,
    some_of,
)

_MOST_NAMED = 5


@dataclass(frozen=True)
class Restored:
    """What was restored: the backup's folder, time (UTC) and edition; `aside` holds what was there before (None: nothing was).
    `damage` lists what was damaged when the backup was made."""

    folder: Path
    made_at: str
    edition: str | None
    aside: Path | None
    damage: tuple[str, ...]


def restore(settings: Settings, folder: Path, reporter: Reporter, *, replace: bool = False) -> Restored:
    """Put the state of a backup into the home. With `replace` the home may hold a state, or what an interrupted restore has
    left, which is set aside. What a killed restore of this backup has begun to exchange is finished.

    Raises UsageError where there is no backup in the folder or the home holds a state and `replace` is not said, and
    TollhouseError where the backup is unfinished, damaged, or of a newer version: then nothing is changed.
    """
    folder = folder.expanduser().absolute()
    home = settings.home
    with run_lock(settings, is_restore=True):
        mark = _mark_to_finish(home, folder, replace)
        backup = read_backup(folder)
        for fault in backup.damage[:_MOST_NAMED]:
            reporter.warn(f"the backup was made of a damaged state: {fault}")
        if mark is not None and mark.made_at == backup.made_at:
            reporter.step("verify what the interrupted restore has left")
            faults = _half_restored_faults(home, backup, reporter)
            if faults:
                reporter.warn(
                    f"the interrupted restore cannot be finished with what it has left ({faults[0]}): the backup is copied again; "
                    f"what it has set aside stays in {home / mark.aside}"
                )
                mark = _stage(settings, backup, reporter, marked_before=True)
        else:
            held = state_names(home)
            if held and not replace:
                raise UsageError(
                    f"{home} holds the state of a branch ({held[-1]} and others): `tollhouse restore {shlex.quote(str(folder))} "
                    f"--replace` sets it aside in {home}/{ASIDE}…; or restore into another TOLLHOUSE_HOME"
                )
            mark = _stage(settings, backup, reporter)
        reporter.step("exchange the state")
        aside = home / mark.aside
        _exchange(home, mark, aside)
        _make_inbox(settings)
    return Restored(folder, mark.made_at, mark.edition, aside if aside.is_dir() else None, backup.damage)


def _mark_to_finish(home: Path, folder: Path, replace: bool) -> RestoreMark | None:
    """The mark of a killed restore of this backup. One of another backup, or a damaged one, is given up with `replace`."""
    try:
        mark = restore_mark(home)
    except TollhouseError:
        if replace:
            return None
        raise
    if mark is None or Path(mark.backup) == folder:
        return mark
    if replace:
        return None
    raise TollhouseError(
        f"{home}: the restore of {mark.backup} was interrupted; {mark.command} finishes it. To give it up and set aside "
        f"what is there: `tollhouse restore {shlex.quote(str(folder))} --replace`"
    )


def _half_restored_faults(home: Path, backup: Backup, reporter: Reporter) -> list[str]:
    """Why the ready files and those in place are not the whole backup; empty where they are."""
    staging = home / STAGING
    place = {name: staging if os.path.lexists(staging / name) else home for name in _restored_names(backup)}
    listed = {file.path for file in backup.files}
    try:
        for name in FOLDERS:
            here = place.get(name)
            found = {path.as_posix() for path in files_of(here, name)} if here is not None else set()
            others = found - listed
            if others:
                return [f"{place[name] / min(others)} is not of the backup"]
        seal = (place[SEAL] / SEAL).read_text(encoding="ascii", errors="replace").strip()
        if seal != _ledger_sha256(backup):
            return [f"{place[SEAL] / SEAL} is not that of the backup's ledger"]
    except (OSError, TollhouseError) as error:
        return [str(error)]
    return _file_faults(backup, lambda file: place[file.path.split("/", 1)[0]] / file.path, reporter)


def _restored_names(backup: Backup) -> tuple[str, ...]:
    """The names that a restore puts into a home: the backup's, and the seal of its ledger."""
    return (*backup.names, SEAL)


def _ledger_sha256(backup: Backup) -> str:
    return next(file.sha256 for file in backup.files if file.path == LEDGER)


def _make_inbox(settings: Settings) -> None:
    """Where the default sources are read and the home has no inbox, one with the folders that files have come from."""
    if settings.sources_file is None and not settings.inbox.exists():
        # Not opened as a ledger, which would bring one of an earlier version up to this one; and without leaving a journal.
        with closing(sqlite3.connect(f"{settings.ledger_path.as_uri()}?mode=ro&immutable=1", uri=True)) as db:
            for (source,) in db.execute("select distinct source from files order by 1"):
                (settings.inbox / source).mkdir(parents=True, exist_ok=True)


def read_backup(folder: Path) -> Backup:
    """The backup in a folder, as its manifest has it. Raises UsageError where there is none, TollhouseError where it is
    unfinished or cannot be read by this version."""
    path = folder / MANIFEST
    if (folder / UNFINISHED).exists():
        raise TollhouseError(
            f"{folder}: this backup is unfinished: it is being made, or making it was killed. Restore another one"
        )
    if not path.is_file():
        raise UsageError(
            f"{folder}: there is no backup: {MANIFEST} is missing. Name a folder that `tollhouse backup` has filled"
        )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["manifest_version"] != MANIFEST_VERSION:
            raise TollhouseError(
                f"{path} is of another version of Tollhouse ({found['tollhouse_version']}); restore with that"
            )
        files = tuple(BackedUpFile(**entry) for entry in found["files"])
        backup = Backup(
            folder=folder,
            made_at=found["made_at"],
            home=found["home"],
            edition=found["edition"],
            ledger_schema=int(found["ledger_schema"]),
            tollhouse_version=found["tollhouse_version"],
            files=files,
            damage=tuple(str(fault) for fault in found.get("damage", ())),  # the first backups do not have it
        )
        paths = {file.path for file in files}
        is_sound = LEDGER in paths and all(_is_of_the_state(file.path) for file in files)
        is_sound = is_sound and all(file.shares is None or file.shares in paths for file in files)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TollhouseError(f"{path}: the manifest is damaged ({error}); restore another backup") from error
    if not is_sound:
        raise TollhouseError(
            f"{path}: the manifest is damaged (its files are not those of a state); restore another backup"
        )
    if backup.ledger_schema > SCHEMA_VERSION:
        raise TollhouseError(
            f"{folder}: its ledger is of schema version {backup.ledger_schema}, this tollhouse reads {SCHEMA_VERSION}; restore it "
            f"with the version that made it ({backup.tollhouse_version}) or a newer one"
        )
    return backup


def verify_backup(backup: Backup, reporter: Reporter) -> None:
    """Hash every file. Raises TollhouseError naming those that are not as they were backed up."""
    problems = _file_faults(backup, lambda file: backup.folder / STATE_FOLDER / file.path, reporter)
    if problems:
        raise TollhouseError(
            f"{backup.folder}: this backup cannot be restored: {'; '.join(some_of(problems, _MOST_NAMED))}. Nothing is changed; "
            "take another backup, or another copy of this one"
        )


def _file_faults(backup: Backup, path_of: Callable[[BackedUpFile], Path], reporter: Reporter) -> list[str]:
    problems = []
    for number, file in enumerate(backup.files, start=1):
        reporter.detail(number, len(backup.files), file.path)
        path = path_of(file)
        try:
            if path.stat().st_size != file.size_bytes:
                problems.append(f"{path} has {path.stat().st_size} bytes instead of {file.size_bytes}")
            elif sha256_of(path) != file.sha256:
                problems.append(f"{path} is damaged: its SHA-256 differs")
        except OSError as error:
            problems.append(f"{path}: {error.strerror}")
    return problems


def _is_of_the_state(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and ".." not in parts and not path.startswith("/") and parts[0] in STATE


def _stage(settings: Settings, backup: Backup, reporter: Reporter, *, marked_before: bool = False) -> RestoreMark:
    """Verify the backup, have its files ready in the home, and mark that they are to be exchanged.

    `marked_before`: where an interrupted restore goes on, its mark is replaced first. What that restore has put in place is set
    aside too then, in a folder of its own.
    """
    home, staging = settings.home, settings.home / STAGING
    reporter.step("verify the backup")
    verify_backup(backup, reporter)
    aside = f"{ASIDE}{branch_now(settings.time_zone):%Y%m%dT%H%M%S}"
    while os.path.lexists(home / aside):
        aside += "a"
    mark = RestoreMark(str(backup.folder), backup.made_at, backup.edition, aside, _restored_names(backup))
    if marked_before:
        mark.write(home)
    _remove(staging)
    refuse_without_room(home, backup.size_bytes, "the restored state")
    reporter.step("copy the backup")
    for number, file in enumerate(backup.files, start=1):
        reporter.detail(number, len(backup.files), file.path)
        target = staging / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.shares is not None:
            link_or_copy(staging / file.shares, target)
            continue
        source = backup.folder / STATE_FOLDER / file.path
        mode = 0o600 if file.path in ACCESS_FILES else 0o666  # less by the umask
        if copy_file(source, target, file.mtime_ns, mode) != (file.size_bytes, file.sha256):
            raise TollhouseError(f"{source}: it changed while it was read; nothing is changed in {home}, restore again")
    replace_text(staging / SEAL, _ledger_sha256(backup) + "\n")
    flush_tree(staging)
    mark.write(home)
    return mark


def _exchange(home: Path, mark: RestoreMark, aside: Path) -> None:
    """Set aside the content of the home and put the staged files in its place; goes on wherever an earlier try was killed."""
    staging = home / STAGING
    for name in STATE:
        is_in_place = name in mark.names and not os.path.lexists(staging / name)
        is_kept = name in ACCESS_FILES and name not in mark.names
        if os.path.lexists(home / name) and not is_in_place and not is_kept:
            aside.mkdir(exist_ok=True)
            (home / name).rename(_free_name(aside, name))
    for name in mark.names:
        if os.path.lexists(staging / name):
            (staging / name).rename(home / name)
    for folder in (aside, home):
        if folder.is_dir():
            flush(folder)
    shutil.rmtree(staging, ignore_errors=True)
    remove_mark(home)


def _free_name(folder: Path, name: str) -> Path:
    """The name, or a longer one where it is taken: what was set aside before is not written over."""
    while os.path.lexists(folder / name):
        name += "a"
    return folder / name


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
