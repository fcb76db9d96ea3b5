"""The published edition as readers find it: by the pointer and the manifest, checked before it is believed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.errors import TollhouseError
from orchestration.publishing.durable import sha256_of

POINTER = "current.json"
MANIFEST = "manifest.json"


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
    """The edition that current.json points at, or None where nothing was published yet.

    Raises TollhouseError naming the file where pointer or manifest is damaged.
    """
    pointer_path = published / POINTER
    if not pointer_path.exists():
        return None
    pointer = _read(pointer_path, {"edition": str, "path": str})
    folder = published / pointer["path"]
    if not folder.resolve().is_relative_to(published.resolve()):
        raise TollhouseError(f"{pointer_path}: the path '{pointer['path']}' leads out of the published folder")
    manifest = _read(
        folder / MANIFEST,
        {"edition": str, "as_of": str, "built_at": str, "revision": int, "marts": dict, "gates": list},
    )
    if manifest["edition"] != pointer["edition"]:
        raise TollhouseError(
            f"{pointer_path} names edition {pointer['edition']}, {folder / MANIFEST} is of {manifest['edition']}"
        )
    return CurrentEdition(published, pointer["edition"], folder, manifest)


def verify_edition(published: Path, edition: CurrentEdition) -> list[str]:
    """What is wrong with the edition's files, hashed again against the manifest; empty where all are as published."""
    problems = []
    listed: set[Path] = {edition.folder / MANIFEST}
    entries = [entry for mart in edition.manifest["marts"].values() for entry in mart["files"]]
    for entry in (*entries, *edition.manifest.get("site", [])):
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


def _read(path: Path, fields: dict[str, type]) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TollhouseError(_damaged(path, "it is missing")) from None
    except (OSError, ValueError) as error:
        raise TollhouseError(_damaged(path, str(error))) from error
    if not isinstance(value, dict):
        raise TollhouseError(_damaged(path, "it is no JSON object"))
    for field, kind in fields.items():
        if not isinstance(value.get(field), kind):
            raise TollhouseError(_damaged(path, f"'{field}' is missing or of the wrong kind"))
    return value


def _damaged(path: Path, why: str) -> str:
    return (
        f"the published edition cannot be read: {path}: {why}. Restore the file, or remove {POINTER} and run again:"
        " the next run then publishes a whole new edition"
    )
