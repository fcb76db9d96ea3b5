"""Running dbt inside this process, on a manifest made beforehand: no second interpreter, no second parsing.

The manifest is made again only when the project's files changed (its fingerprint stands beside it).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from orchestration.errors import TollhouseError
from orchestration.settings import DBT_PROJECT, PROJECT_ROOT, Settings
from orchestration.warehouse.dbt_events import unread_events
from orchestration.warehouse.dbt_target import dbt_target, make_target

TARGET = dbt_target()
#: Where the code is that an edition depends on, and the kinds of its files.
PRODUCT_FOLDERS = ("dbt_project/models", "dbt_project/macros", "expectations", "dashboards", "orchestration")
PRODUCT_SUFFIXES = (".sql", ".yml", ".yaml", ".py", ".html", ".css", ".js")
_FOLDERS = ("models", "macros", "tests")
MANIFEST = TARGET / "manifest.json"
_PARSED = TARGET / "partial_parse.msgpack"
_FINGERPRINT = TARGET / "manifest.fingerprint"
LINEAGE_MEMORY = TARGET / "column_lineage.json"
_PARSE_LOCK = TARGET / "manifest.lock"


@dataclass(frozen=True)
class NodeResult:
    """One model, seed or test that dbt ran."""

    unique_id: str
    status: str
    seconds: float
    message: str | None
    failures: int | None
    compiled_sql: str | None = None


def _project_fingerprint() -> str:
    """A hash of everything that the manifest is made of."""
    return _hash_of(
        path
        for path in (*DBT_PROJECT.glob("*.yml"), *(p for folder in _FOLDERS for p in (DBT_PROJECT / folder).rglob("*")))
        if path.suffix in (".sql", ".yml", ".md")
    )


def _model_fingerprint() -> str:
    """A hash of everything that decides what the models compute: their SQL and the macros, not their descriptions."""
    return _hash_of(path for folder in ("models", "macros") for path in (DBT_PROJECT / folder).rglob("*.sql"))


def product_fingerprint() -> str:
    """A hash of the code that an edition depends on: models, gates, pages with their templates and texts, and the intake."""
    return _hash_of(
        path
        for folder in PRODUCT_FOLDERS
        for path in (PROJECT_ROOT / folder).rglob("*")
        if path.suffix in PRODUCT_SUFFIXES
    )


def ensure_manifest() -> Path:
    """The path of a manifest that fits the project's files; parses them where it does not. Raises TollhouseError."""
    make_target(TARGET)
    with _PARSE_LOCK.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two processes may start on a fresh clone
        fingerprint = _project_fingerprint()
        if (
            MANIFEST.is_file()
            and _PARSED.is_file()
            and _FINGERPRINT.is_file()
            and _FINGERPRINT.read_text() == fingerprint
        ):
            return MANIFEST
        result = _invoke(["parse"], manifest=None)
        if not result.success:
            raise TollhouseError(f"dbt cannot read the project: {result.exception}")
        _FINGERPRINT.write_text(fingerprint)
    return MANIFEST


def run_dbt(
    settings: Settings,
    command: str,
    select: str,
    *,
    only_named_tests: bool = False,
    has_tests: bool = True,
) -> list[NodeResult]:
    """Run `build` (with or without its tests) or `test` over a selection on the warehouse; returns every node's result.

    Tests run where all that they read is selected; with `only_named_tests`, where they are selected themselves.
    Raises TollhouseError naming the models that failed. Nothing else may hold the warehouse open while it runs.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    ensure_manifest()
    manifest = _whole_manifest(_FINGERPRINT.read_text())
    try:
        result = _invoke(
            [
                "--no-write-json",  # another run, on another home, may be reading the manifest
                command,
                "--vars",
                json.dumps(_variables(settings)),
                "--select",
                select,
                "--indirect-selection",
                "empty" if only_named_tests else "buildable",
                "--exclude-resource-type",
                "unit_test",
                *([] if has_tests else ["--exclude-resource-type", "test"]),
            ],
            manifest,
        )
    finally:
        # dbt keeps the file open for the next command; the run's own connection comes next.
        DuckDBConnectionManager.close_all_connections()
    if result.exception is not None:
        raise TollhouseError(f"dbt {command} failed: {result.exception}")
    nodes = [
        NodeResult(
            run.node.unique_id,
            str(run.status),
            run.execution_time,
            run.message,
            run.failures,
            getattr(run.node, "compiled_code", None),
        )
        for run in result.result
    ]
    broken = [node for node in nodes if node.status in ("error", "fail")]
    if broken:
        listed = "; ".join(f"{node.unique_id.split('.')[2]}: {(node.message or '').strip()}" for node in broken[:5])
        raise TollhouseError(f"{len(broken)} of {len(nodes)} dbt nodes failed: {listed}")
    return nodes


@lru_cache(maxsize=1)
def _whole_manifest(fingerprint: str) -> Any:
    """The manifest as dbt keeps it for itself, read once for the three commands of a run.

    manifest.json leaves out what generic tests need to run. `fingerprint` is of the project's files that it was made of.
    """
    from dbt.contracts.graph.manifest import Manifest

    manifest = Manifest.from_msgpack(_PARSED.read_bytes())  # type: ignore[attr-defined]
    manifest.build_flat_graph()
    return manifest


@dataclass(frozen=True)
class ModelCode:
    """The present models: a fingerprint of their code, and the tables that are replaced by day."""

    fingerprint: str
    daily_tables: tuple[str, ...]


def model_code() -> ModelCode:
    """The models' fingerprint and daily tables, for the planner."""
    daily = [
        f"{node['schema']}.{node['name']}"
        for node in manifest_nodes()["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["materialized"] == "replaced_by_day"
    ]
    return ModelCode(_model_fingerprint(), tuple(sorted(daily)))


def manifest_nodes() -> dict[str, Any]:
    """The manifest on disk."""
    nodes: dict[str, Any] = json.loads(ensure_manifest().read_text(encoding="utf-8"))
    return nodes


def _invoke(arguments: list[str], manifest: Any) -> Any:
    from dbt.cli.main import dbtRunner

    quiet = [
        "--quiet",
        "--log-level",
        "none",
        "--no-send-anonymous-usage-stats",
        "--no-use-colors",
        "--log-level-file",
        "none",
    ]
    places = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    places += ["--target-path", str(TARGET), "--log-path", str(TARGET / "logs")]
    with unread_events():
        return dbtRunner(manifest=manifest).invoke([*quiet, *arguments, *places])


def _variables(settings: Settings) -> dict[str, str | int]:
    """What dbt's profile and the seeds are given for a run."""
    return {
        "warehouse": str(settings.warehouse_path),
        "reference": str(settings.reference),
        "threads": settings.threads,
        "engine_memory": settings.engine_memory_limit or _engine_memory_limit(),
    }


def _engine_memory_limit() -> str:
    """The engine's own default, said in words that the profile can set."""
    import duckdb

    row = duckdb.connect().execute("select current_setting('memory_limit')").fetchone()
    assert row is not None
    return str(row[0])


def _hash_of(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(str(path.relative_to(PROJECT_ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
