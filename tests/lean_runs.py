"""Runs that leave out what their test does not look at: dbt's tests of keys, the files of compiled SQL that dbt writes for people to
read, its check that the models form no circle, the pages, Dagster's history of the run with the plan of its steps, and opening the
warehouse anew for each of twenty steps (a catalogue of 250 tables takes 60 ms to read and write).

Together they are about half of a small run's processor time. They are in every run of the demo city in one delivery, in the
ordinary run that all copies of the small branch begin with, in the tests of Dagster's side (tests/defs) and in every command that is
a process of its own. A circle of models would end each of these runs. That a failing test of dbt's ends a run is tested in
tests/robustness/test_blocked_editions.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pytest

from orchestration.publishing.site_list import SITE, write_site_list
from orchestration.settings import Settings
from orchestration.storage.durable import sha256_of

_Result = TypeVar("_Result")

#: Words of the command line that end with a run.
RUNNING = ("run", "close", "reopen", "rebuild", "rerate", "settlement")


@contextmanager
def lean_runs() -> Iterator[None]:
    """Within, runs of this process are lean."""
    import dagster as dg
    from dagster._core.execution.context.data_version_cache import DataVersionCache
    from dagster._core.instance.runs.run_domain import RunDomain
    from dagster._core.storage.event_log.in_memory import InMemoryEventLogStorage

    from orchestration import runs

    with lean_builds(), pytest.MonkeyPatch.context() as patch:
        # What the run itself reads of its history is only which version of its inputs an asset was made of: as if there were none.
        patch.setattr(dg.DagsterInstance, "from_config", lambda _home: dg.DagsterInstance.ephemeral())
        patch.setattr(RunDomain, "ensure_persisted_execution_plan_snapshot", lambda _self, *_plan: None)
        for writes in ("store_event", "store_event_batch"):
            patch.setattr(InMemoryEventLogStorage, writes, lambda _self, _events: None)
        for reads in ("fetch_external_input_asset_version_info", "maybe_fetch_and_get_input_asset_version_info"):
            patch.setattr(DataVersionCache, reads, lambda _self, *_key: None)
        execute = runs._execute
        patch.setattr(runs, "_execute", lambda *of_run: _with_warehouse_open(execute, *of_run))
        yield


@contextmanager
def lean_builds(*, has_pages: bool = False) -> Iterator[None]:
    """Within, runs of this process are lean but for Dagster's history, and for their pages where those are wanted."""
    from dbt import compilation
    from dbt.contracts.graph.nodes import ParsedNode

    from orchestration.defs.publishing import assets as publishing
    from orchestration.defs.warehouse import dbt_graph

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt_graph, "run_dbt", partial(dbt_graph.run_dbt, has_tests=False))
        patch.setattr(ParsedNode, "write_node", lambda _self, *_place_and_content: None)
        patch.setattr(compilation.Linker, "find_cycles", lambda _self: None)
        patch.setattr(compilation.Linker, "get_graph_summary", lambda _self, _manifest: {})
        patch.setattr(compilation.Linker, "add_test_edges", lambda _self, _manifest: None)
        if not has_pages:
            patch.setattr(publishing, "draw_site", _blank_site)
        yield


def _with_warehouse_open(execute: Callable[..., _Result], settings: Settings, *more: object) -> _Result:
    """Execute a run whose steps, and whose dbt, share one opening of the warehouse: each has a connection of its own on it."""
    path, connect = str(settings.warehouse_path), duckdb.connect
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        opened: list[duckdb.DuckDBPyConnection] = []

        def connect_to_opened(database: str = ":memory:", **options: Any) -> duckdb.DuckDBPyConnection:
            if database != path:
                return connect(database, **options)
            if not opened:
                opened.append(stack.enter_context(closing(connect(database, **options))))
            return opened[0].cursor()

        patch.setattr(duckdb, "connect", connect_to_opened)
        return execute(settings, *more)


def _blank_site(_settings: Settings, edition: Path) -> list[Path]:
    """A site of which nothing but its index is there, and nothing in it."""
    site = edition / SITE
    site.mkdir()
    index = site / "index.html"
    index.write_text("not drawn", encoding="utf-8")
    write_site_list(site, {index.name: {"inputs": "none", "sha256": sha256_of(index)}})
    return [index]
