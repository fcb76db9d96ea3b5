"""The published edition as readers find it: by the pointer and the manifest, checked before it is believed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.errors import TollhouseError
from orchestration.storage.durable import sha256_of

POINTER = "current.json"
MANIFEST = "manifest.json"
MANIFEST_HASH = "manifest_sha256"
LEDGER_ORDER = "ledger_order"
EDITIONS = "editions"

#: Of which the latest state of the ledger is taken.
_MANIFESTS_COMPARED = 4

_EDITION_NAME = re.compile(r"^(\d{4}-\d{2}-\d{2})-(\d{4,})$")


@dataclass(frozen=True)
class CurrentEdition:
    """An edition: its folder and manifest. `published` is what the manifest's paths are relative to."""

    published: Path
    edition: str
    folder: Path
    manifest: dict[str, Any]

    @property
    def as_of(self) -> date:
        """The date the edition stands for."""
        return date.fromisoformat(self.manifest["as_of"])

    @property
    def revision(self) -> int:
        """The number of the edition, counted through all dates."""
        return int(self.manifest["revision"])

    def files(self, mart: str) -> list[Path]:
        """The Parquet files of a mart; an unknown mart is an error."""
        if mart not in self.manifest["marts"]:
            raise TollhouseError(f"edition {self.edition} has no mart {mart}")
        return [self.published / entry["path"] for entry in self.manifest["marts"][mart]["files"]]


def current_edition(published: Path) -> CurrentEdition | None:
    """The edition that current.json points at, or None where there is no pointer: `lost_pointer` says whether there was one.

    Raises TollhouseError naming the file where pointer or manifest is damaged.
    """
    pointer_path = published / POINTER
    if not pointer_path.exists():
        return None
    pointer = _read(pointer_path, {"edition": str, "path": str})
    folder = published / pointer["path"]
    if not folder.resolve().is_relative_to(published.resolve()):
        raise TollhouseError(f"{pointer_path}: the path '{pointer['path']}' leads out of the published folder")
    manifest_path = folder / MANIFEST
    manifest = _read(
        manifest_path,
        {"edition": str, "as_of": str, "built_at": str, "revision": int, "marts": dict, "gates": list},
    )
    if pointer.get(MANIFEST_HASH, (found := sha256_of(manifest_path))) != found:  # pointers of before have none
        raise TollhouseError(_damaged(manifest_path, f"its SHA-256 is not the one that {POINTER} names"))
    if manifest["edition"] != pointer["edition"]:
        raise TollhouseError(
            f"{pointer_path} names edition {pointer['edition']}, {manifest_path} is of {manifest['edition']}"
        )
    return CurrentEdition(published, pointer["edition"], folder, manifest)


def edition_folders(published: Path) -> dict[int, Path]:
    """The folders of editions, shown or not, by their numbers, ascending."""
    editions = published / EDITIONS
    named = [(_EDITION_NAME.match(folder.name), folder) for folder in editions.iterdir()] if editions.is_dir() else []
    return dict(sorted((int(name[2]), folder) for name, folder in named if name and folder.is_dir()))


def newest_ledger_order(published: Path) -> tuple[str, int] | None:
    """The edition that was computed from the latest state of the ledger, with that state's number; None where none says it.

    Of the current edition and the newest folders, shown or not: numbers go up with the editions, so that few manifests
    are read. One that cannot be read says nothing.
    """
    found: list[tuple[int, str]] = []
    names = [folder.name for _, folder in reversed(edition_folders(published).items())]
    for name in [*_pointed_at(published), *names]:
        try:
            manifest = _read(published / EDITIONS / name / MANIFEST, {})
        except TollhouseError:
            continue
        if isinstance(order := manifest.get(LEDGER_ORDER), int):  # editions of before do not say it
            found.append((order, name))
        if len(found) == _MANIFESTS_COMPARED:
            break
    return None if not found else (max(found)[1], max(found)[0])


def _pointed_at(published: Path) -> list[str]:
    try:
        return [Path(_read(published / POINTER, {"path": str})["path"]).name]
    except TollhouseError:
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


def missing_files(edition: CurrentEdition) -> list[Path]:
    """The files of the edition that are gone or empty: a glance at each, nothing is read."""
    paths = [edition.published / entry["path"] for entry in listed_files(edition)]
    return [path for path in paths if not path.is_file() or not path.stat().st_size]


def listed_files(edition: CurrentEdition) -> list[dict[str, Any]]:
    """The manifest's entries of the edition's files, of marts and of pages."""
    entries = [entry for mart in edition.manifest["marts"].values() for entry in mart["files"]]
    return [*entries, *edition.manifest.get("site", [])]


def verify_edition(published: Path, edition: CurrentEdition) -> list[str]:
    """What is wrong with the edition's files, hashed again against the manifest; empty where all are as published."""
    problems = []
    listed: set[Path] = {edition.folder / MANIFEST}
    for entry in listed_files(edition):
        path = published / entry["path"]
        listed.add(path)
        if not path.is_file():
            problems.append(f"{entry['path']} is missing")
        elif sha256_of(path) != entry["sha256"]:
            problems.append(f"{entry['path']} is not the file that was published: its SHA-256 differs")
    for path in sorted(edition.folder.rglob("*")):
        if path.is_file() and path not in listed:
            problems.append(f"{path.relative_to(published)} is not in the manifest")
    return problems


def damaged_editions(published: Path) -> Iterator[str]:
    """What is wrong with the editions that are not the current one; a file that several share is hashed once."""
    current = current_edition(published)
    hashes: dict[tuple[int, int], str] = {}
    for folder in edition_folders(published).values():
        if current is not None and folder.resolve() == current.folder.resolve():
            continue
        try:
            manifest = _read(folder / MANIFEST, {"edition": str, "marts": dict})
        except TollhouseError as error:
            yield str(error)
            continue
        for entry in listed_files(CurrentEdition(published, folder.name, folder, manifest)):
            path = published / entry["path"]
            if not path.is_file():
                yield f"{entry['path']} is missing"
                continue
            status = path.stat()
            inode = (status.st_dev, status.st_ino)
            if inode not in hashes:
                hashes[inode] = sha256_of(path)
            if hashes[inode] != entry["sha256"]:
                yield f"{entry['path']} is not the file that was published: its SHA-256 differs"


def _read(path: Path, fields: dict[str, type]) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TollhouseError(_damaged(path, "it is missing")) from None
    except (OSError, ValueError) as error:
        raise TollhouseError(_damaged(path, str(error))) from error
    if not isinstance(value, dict):
        raise TollhouseError(_damaged(path, "it is not a valid JSON object"))
    for field, kind in fields.items():
        if not isinstance(value.get(field), kind):
            raise TollhouseError(_damaged(path, f"'{field}' is missing or of the wrong kind"))
    return value


def _damaged(path: Path, why: str) -> str:
    return (
        f"the published edition cannot be read: {path}: {why}. Restore the file, or remove {POINTER} and run again:"
        " the next run then publishes a whole new edition"
    )
