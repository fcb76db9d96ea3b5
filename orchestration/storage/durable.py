"""Files that are complete or absent: hashing, flushing to disk, atomic replacement, sharing. Knows no editions."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_json(value: Any) -> str:
    """JSON as people and diffs like it: keys sorted, indented, Chinese as it is written, a newline at the end."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n"


def flush(path: Path) -> None:
    """Have the disk hold a file or folder before going on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_tree(folder: Path) -> None:
    """Flush every file and folder below and the folder itself, the innermost first."""
    for parent, _, names in os.walk(folder, topdown=False):
        for name in names:
            flush(Path(parent) / name)
        flush(Path(parent))


def replace_text(path: Path, text: str, mode: int = 0o666) -> None:
    """Replace a file with the text: a reader sees the old file or the new one, also after a power cut. `mode` is less by the umask."""
    building = path.with_name(f".{path.name}.building")
    building.unlink(missing_ok=True)  # one that was left by a killed process may have another mode
    with os.fdopen(os.open(building, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, mode), "w", encoding="utf-8") as file:
        file.write(text)
    flush(building)
    building.replace(path)
    flush(path.parent)


def share(existing: Path, path: Path) -> None:
    """Give an existing file another name without writing it again; copy it where links cannot be made."""
    if path.exists() and path.samefile(existing):
        return  # renaming one link of a file onto another does nothing and would leave both
    building = path.with_name(f".{path.name}.sharing")
    building.unlink(missing_ok=True)
    try:
        os.link(existing, building)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(existing, building)
    building.replace(path)
