"""Where published tables and their columns come from, as dbt and the last runs have recorded it. Nothing is parsed or run here.

The tables are those of dbt's manifest. The columns are what `column_lineage.LineageReader` read of the compiled SQL and keeps
beside the manifest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from orchestration.warehouse.dbt_target import dbt_target

#: (schema, name)
TableId = tuple[str, str]
#: (schema, table, column)
ColumnId = tuple[str, str, str]

_MANIFEST = "manifest.json"
_COLUMNS = "column_lineage.json"


@dataclass(frozen=True)
class RecordedLineage:
    """The tables that each table reads, and the columns that each column is made of; none where no run has recorded them."""

    reads: Mapping[TableId, tuple[TableId, ...]]
    sources: Mapping[ColumnId, tuple[ColumnId, ...]]

    def upstream(self, table: TableId) -> dict[TableId, int]:
        """Every table that this one is computed from, with the fewest steps to it; the nearest first."""
        found: dict[TableId, int] = {}
        level, steps = [table], 0
        while level:
            steps += 1
            following = sorted({read for each in level for read in self.reads.get(each, ())} - set(found) - {table})
            found.update(dict.fromkeys(following, steps))
            level = following
        return found

    def origins(self, column: ColumnId) -> list[ColumnId]:
        """The columns at the very beginning that a column is computed from: those of what comes in and of the reference book."""
        return sorted(set(self._origins(column, set())))

    def _origins(self, column: ColumnId, seen: set[ColumnId]) -> Iterator[ColumnId]:
        for source in self.sources.get(column, ()):
            if source in seen:
                continue
            seen.add(source)
            if source[:2] in self.reads:
                yield from self._origins(source, seen)
            else:
                yield source


def recorded_lineage() -> RecordedLineage | None:
    """What is recorded on this machine; None where dbt has not read the project here yet, or what it wrote cannot be read."""
    target = dbt_target()
    try:
        stamps = tuple(
            (target / name).stat().st_mtime_ns if (target / name).exists() else 0 for name in (_MANIFEST, _COLUMNS)
        )
        return _read(target, stamps) if stamps[0] else None
    except (OSError, ValueError, KeyError):  # while another process writes it
        return None


@lru_cache(maxsize=2)
def _read(target: Path, stamps: tuple[int, ...]) -> RecordedLineage:
    manifest = json.loads((target / _MANIFEST).read_text(encoding="utf-8"))
    path = target / _COLUMNS
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    nodes: Mapping[str, Mapping[str, Any]] = {**manifest["nodes"], **manifest["sources"]}
    reads: dict[TableId, tuple[TableId, ...]] = {}
    sources: dict[ColumnId, tuple[ColumnId, ...]] = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model":
            continue
        table = _table(node)
        reads[table] = tuple(_table(nodes[read]) for read in node["depends_on"]["nodes"])
        compiled = target / "compiled" / node["package_name"] / node["original_file_path"]
        if compiled.is_file():
            columns = known.get(hashlib.sha256(compiled.read_bytes()).hexdigest(), {})
            for column, origins in columns.items():
                sources[(*table, column)] = tuple((schema, name, of) for schema, name, of in origins)
    return RecordedLineage(reads, sources)


def _table(node: Mapping[str, Any]) -> TableId:
    return node["schema"], node["name"]
