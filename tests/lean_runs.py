"""Runs that leave out what their test does not look at: dbt's tests of keys, and Dagster's history of the run.

The two are a third of a small run's processor time. They are in every run of the demo city in one delivery, in the ordinary run
that all copies of the small branch begin with, in the tests of Dagster's side (tests/orchestration) and in every command that is
a process of its own. That a failing test of dbt's ends a run is tested in tests/robustness/test_blocked_editions.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

#: Words of the command line that end with a run.
RUNNING = ("run", "close", "rebuild", "rerate")


@contextmanager
def lean_runs() -> Iterator[None]:
    """Within, runs of this process are lean."""
    from dagster._core.execution.context.data_version_cache import DataVersionCache

    from orchestration.defs.warehouse import dbt_graph
    from orchestration.runtime.event_log import SharedEngineEventLog

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt_graph, "run_dbt", partial(dbt_graph.run_dbt, has_tests=False))
        # What the run itself reads of its history is only which version of its inputs an asset was made of: as if there were none.
        for writes in ("store_event", "store_event_batch"):
            patch.setattr(SharedEngineEventLog, writes, lambda _self, _events: None)
        for reads in ("fetch_external_input_asset_version_info", "maybe_fetch_and_get_input_asset_version_info"):
            patch.setattr(DataVersionCache, reads, lambda _self, *_key: None)
        yield
