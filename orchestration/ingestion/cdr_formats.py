"""The layouts that switches write, as declared in seeds/cdr_formats/*.yml. The rules of a record are in cdr_rules.py."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from orchestration.errors import UsageError
from orchestration.settings import PROJECT_ROOT

FORMATS_FOLDER = PROJECT_ROOT / "seeds" / "cdr_formats"
RECORD_COLUMNS = (
    "record_number",
    "calling_number",
    "called_number",
    "trunk_group_in",
    "trunk_group_out",
    "started_at",
    "duration_seconds",
    "release_cause",
)


@dataclass(frozen=True)
class CdrFormat:
    """A delimited layout with one header line that names the record's columns."""

    name: str
    delimiter: str
    columns: tuple[str, ...]

    @property
    def header(self) -> str:
        """The header line as it must stand in the file."""
        return self.delimiter.join(self.columns)


@cache
def load_cdr_format(name: str, folder: Path = FORMATS_FOLDER) -> CdrFormat:
    """The format of a name. Raises UsageError naming file and field."""
    path = folder / f"{name}.yml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.yml")))
        raise UsageError(f"CDR format '{name}' is not declared: there is no {path}; there are {known}")
    try:
        declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: no valid YAML: {error}") from error
    if not isinstance(declared, dict) or declared.get("layout") != "delimited":
        raise UsageError(f"{path}: field layout: write delimited")
    delimiter, columns = declared.get("delimiter"), declared.get("columns")
    if not isinstance(delimiter, str) or len(delimiter) != 1:
        raise UsageError(f"{path}: field delimiter: write one character")
    if not isinstance(columns, list) or sorted(map(str, columns)) != sorted(RECORD_COLUMNS):
        raise UsageError(f"{path}: field columns: name each of {', '.join(RECORD_COLUMNS)} once")
    return CdrFormat(name, delimiter, tuple(columns))
