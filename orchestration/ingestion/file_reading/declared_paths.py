"""The path of a format's declaration: by its name among the shipped ones, or by a path, with or without .yml."""

from __future__ import annotations

from pathlib import Path

SUFFIX = ".yml"


def declaration_path(name: str, folder: Path) -> Path:
    """The file that declares a format. A name is that of a file in `folder`; one with a slash, or that ends in .yml, is a
    path, which is looked for from where the command runs and then from `folder`."""
    file = Path(name if name.endswith(SUFFIX) else name + SUFFIX)
    if "/" not in name and not name.endswith(SUFFIX):
        return folder / file
    return file if file.is_file() or not (folder / file).is_file() else folder / file
