"""The declared CDR formats by name: those shipped in seeds/cdr_formats/, and those that a source names by a path."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.ingestion.cdr.formats.declaration import read_declaration
from orchestration.ingestion.cdr.formats.model import CdrFormat
from orchestration.ingestion.file_reading.declared_paths import declaration_path
from orchestration.settings import PROJECT_ROOT

FORMATS_FOLDER = PROJECT_ROOT / "seeds" / "cdr_formats"


@cache
def load_cdr_format(name: str, folder: Path = FORMATS_FOLDER) -> CdrFormat:
    """The format of a name, or of a path with or without .yml. Raises UsageError naming file, field and what to write."""
    path = declaration_path(name, folder)
    if not path.is_file():
        known = ", ".join(declared_formats(folder))
        raise UsageError(f"CDR format '{name}' is not declared: there is no {path}; there are {known}")
    return read_declaration(path)


def declared_formats(folder: Path = FORMATS_FOLDER) -> list[str]:
    """The names of the declared formats."""
    return sorted(path.stem for path in folder.glob("*.yml"))
