"""Editions as readers find them on the disk: by the pointer or by their folder, checked before they are believed.

Pointer and manifest are parsed in manifest.py. Every reader of an edition uses this module: the run, the
commands, the servers and the pages.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path

from orchestration.errors import TollhouseError
from orchestration.publishing.manifest import (
    BLOCKED,
    EDITIONS,
    MANIFEST,
    POINTER,
    BlockedRun,
    DamagedEdition,
    ListedFile,
    Manifest,
    Pointer,
    leads_out,
    out_of_place,
    parse_blocked_run,
    parse_ledger_order,
    parse_manifest,
    parse_pointed_path,
    parse_pointer,
)
from orchestration.publishing.site_list import SITE, SITE_LIST, SITE_PART, site_files, site_problems
from orchestration.storage.durable import sha256_of

#: Of which the latest state of the ledger is taken.
_MANIFESTS_COMPARED = 4

_EDITION_NAME = re.compile(r"^(\d{4}-\d{2}-\d{2})-(\d{4,})$")


@dataclass(frozen=True)
class EditionFolder:
    """An edition's folder with its checked manifest: the current one, an earlier one, or one that is being staged."""

    published: Path
    folder: Path
    manifest: Manifest

    @property
    def edition(self) -> str:
        """Its name."""
        return self.manifest.edition

    @property
    def as_of(self) -> date:
        """The as-of date of the edition."""
        return self.manifest.as_of

    @property
    def revision(self) -> int:
        """The number of the edition, counted through all dates."""
        return self.manifest.revision

    def files(self, mart: str) -> list[Path]:
        """The Parquet files of a mart; an unknown mart is an error."""
        if mart not in self.manifest.marts:
            raise TollhouseError(f"edition {self.edition} has no mart {mart}")
        return [self.path_of(file) for file in self.manifest.marts[mart].files]

    def path_of(self, file: ListedFile) -> Path:
        """Where a listed file lies. While an edition is staged its folder has another name than its manifest says."""
        own = f"{EDITIONS}/{self.edition}/"
        if file.path.startswith(own):
            return self.folder / file.path.removeprefix(own)
        return self.published / file.path


def current_edition(published: Path) -> EditionFolder | None:
    """The edition that current.json points at, or None where there is no pointer: `lost_pointer` says whether there was one.

    Raises EditionError naming the file where pointer or manifest is damaged.
    """
    pointer = current_pointer(published)
    if pointer is None:
        return None
    folder = published / pointer.path
    edition, manifest_sha256 = _read_edition(published, folder)
    if pointer.manifest_sha256 not in (None, manifest_sha256):
        raise DamagedEdition(folder / MANIFEST, f"its SHA-256 is not the one that {POINTER} names")
    if edition.edition != pointer.edition:
        raise DamagedEdition(
            published / POINTER, f"it names edition {pointer.edition}, {folder / MANIFEST} is of {edition.edition}"
        )
    return edition


def current_pointer(published: Path) -> Pointer | None:
    """What current.json names, without a look at the edition; None where it is not there. Raises EditionError."""
    path = published / POINTER
    if not path.exists():
        return None
    pointer = parse_pointer(path, _content(path))
    if not _stays_inside(published.resolve(), published / pointer.path):
        raise DamagedEdition(path, leads_out(pointer.path))
    return pointer


def read_edition(folder: Path, published: Path) -> EditionFolder:
    """The edition in a folder, whether a pointer names it or not; it may still be staged. Raises EditionError."""
    edition, _ = _read_edition(published, folder)
    return edition


def blocked_runs(published: Path) -> list[BlockedRun]:
    """The runs that their release gates blocked. Raises TollhouseError naming the file where one cannot be read."""
    paths = sorted(path for path in published.glob(f"{BLOCKED}/*/{MANIFEST}") if not path.parent.name.startswith("."))
    try:
        return [parse_blocked_run(path, _content(path)) for path in paths]
    except DamagedEdition as error:
        raise TollhouseError(
            f"a blocked run in {published / BLOCKED} cannot be read: {error.path}: {error.why}; remove it"
        ) from error


def _read_edition(published: Path, folder: Path) -> tuple[EditionFolder, str]:
    """The edition in a folder, and the SHA-256 of its manifest."""
    path = folder / MANIFEST
    content = _content(path)
    edition = EditionFolder(published, folder, parse_manifest(path, content))
    root = published.resolve()
    stays_inside = cache(partial(_stays_inside, root))  # an edition has a file for each day, and few folders
    for file in edition.manifest.files:
        place = edition.path_of(file)
        if not stays_inside(place.parent) or (_may_be_link(place) and not stays_inside(place)):
            raise DamagedEdition(path, out_of_place(file.path))
    return edition, hashlib.sha256(content).hexdigest()


def _stays_inside(root: Path, path: Path) -> bool:
    """Whether a path is inside the root also where parts of it are symbolic links."""
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # links that lead in a circle
        return False


def _may_be_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except OSError:  # in a folder that this user may not look into
        return True


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DamagedEdition(path, "it is missing") from None
    except OSError as error:
        raise DamagedEdition(path, str(error)) from error


def edition_folders(published: Path) -> dict[int, Path]:
    """The folders of editions, shown or not, by their numbers, ascending."""
    editions = published / EDITIONS
    named = [(_EDITION_NAME.match(folder.name), folder) for folder in editions.iterdir()] if editions.is_dir() else []
    return dict(sorted((int(name[2]), folder) for name, folder in named if name and folder.is_dir()))


def newest_ledger_order(published: Path) -> tuple[str, int] | None:
    """The edition that was computed from the latest state of the ledger, with that state's number; None if no edition has it.

    Of the current edition and the newest folders, shown or not: numbers go up with the editions, so that few manifests
    are read. One that cannot be read says nothing.
    """
    found: list[tuple[int, str]] = []
    names = [folder.name for _, folder in reversed(edition_folders(published).items())]
    for name in [*_pointed_at(published), *names]:
        path = published / EDITIONS / name / MANIFEST
        try:
            order = parse_ledger_order(path, _content(path))
        except DamagedEdition:
            continue
        if order is not None:  # older editions do not have it
            found.append((order, name))
        if len(found) == _MANIFESTS_COMPARED:
            break
    return None if not found else (max(found)[1], max(found)[0])


def _pointed_at(published: Path) -> list[str]:
    path = published / POINTER
    try:
        return [Path(parse_pointed_path(path, _content(path))).name]
    except DamagedEdition:
        return []


def lost_pointer(published: Path) -> str | None:
    """What to say where editions are there and the pointer to the current one is gone; None where it is not so."""
    folders = edition_folders(published)
    if not folders or (published / POINTER).exists():
        return None
    newest = folders[max(folders)]
    return (
        f"{published / POINTER} is gone, though editions are there (the newest is {newest.name}): `tollhouse run` publishes a whole "
        "new one"
    )


def no_edition(published: Path) -> str:
    """Why there is no current edition, and what to type."""
    return lost_pointer(published) or f"nothing is published yet in {published}: `tollhouse run` comes first"


def published_as_of(published: Path) -> date | None:
    """The date of the current edition, by its folder's name where the pointer is gone; None where nothing is published.

    Raises TollhouseError where pointer or manifest is damaged.
    """
    current = current_edition(published)
    if current is not None:
        return current.as_of
    folders = edition_folders(published)
    return date.fromisoformat(folders[max(folders)].name[:10]) if folders else None


def missing_files(edition: EditionFolder) -> list[Path]:
    """The files of the edition that are gone or empty: a glance at each, nothing is read."""
    paths = [edition.path_of(file) for file in edition.manifest.files]
    return [path for path in paths if not path.is_file() or not path.stat().st_size]


def verify_edition(published: Path, edition: EditionFolder) -> list[str]:
    """What is wrong with the edition's files, hashed again against the manifest; empty where all are as published."""
    problems = []
    listed: set[Path] = {edition.folder / MANIFEST}
    for file in edition.manifest.files:
        path = edition.path_of(file)
        listed.add(path)
        if not path.is_file():
            problems.append(f"{file.path} is missing")
        elif sha256_of(path) != file.sha256:
            problems.append(f"{file.path} is not the file that was published: its SHA-256 differs")
    drawn = {edition.folder / SITE / name for name in (SITE_LIST, *site_files(edition.folder))}
    for path in sorted(edition.folder.rglob("*")):
        if path.is_file() and path not in listed and path not in drawn and SITE_PART not in path.parts:
            problems.append(f"{path.relative_to(published)} is not in the manifest")
    return [*problems, *site_problems(edition.folder)]


def damaged_editions(published: Path) -> Iterator[str]:
    """What is wrong with the editions that are not the current one; a file that several share is hashed once."""
    current = current_edition(published)
    hashes: dict[tuple[int, int], str] = {}
    for folder in edition_folders(published).values():
        if current is not None and folder.resolve() == current.folder.resolve():
            continue
        try:
            edition = read_edition(folder, published)
        except DamagedEdition as error:
            yield str(error)
            continue
        for file in edition.manifest.files:
            path = edition.path_of(file)
            if not path.is_file():
                yield f"{file.path} is missing"
                continue
            status = path.stat()
            inode = (status.st_dev, status.st_ino)
            if inode not in hashes:
                hashes[inode] = sha256_of(path)
            if hashes[inode] != file.sha256:
                yield f"{file.path} is not the file that was published: its SHA-256 differs"
