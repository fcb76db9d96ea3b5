"""Warehouses for the tests of the dbt project.

dbt takes the column types of a unit test's inputs from the warehouse, so the relations must be there; they need no rows.
`empty_warehouse` is one in which nothing was ever delivered: the raw schema laid from an empty ledger, the reference
book's tables, and every model built over them. By hand: `dbt test --select test_type:unit` in dbt_project/, with
TOLLHOUSE_WAREHOUSE set to the warehouse of any run that ended well.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.results import RunResult

from orchestration.ledger.file_ledger import FileLedger
from orchestration.settings import DBT_PROJECT, Settings
from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.dbt_runner import ensure_manifest, run_dbt
from orchestration.warehouse.raw.raw_schema import RunFacts, create_book_inputs, create_call_inputs

EVERYTHING = "tollhouse"


@pytest.fixture(scope="session")
def empty_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of a home whose warehouse has every relation and no call, customer or file."""
    settings = home(tmp_path_factory.mktemp("empty"))
    run_dbt(settings, "build", EVERYTHING)
    return settings


def home(folder: Path, reference: Path | None = None) -> Settings:
    """A home in the folder with a warehouse of which only the raw schema is laid, empty, as of 2026-03-31."""
    places = {"TOLLHOUSE_HOME": str(folder / "home"), "TOLLHOUSE_THREADS": "2"}
    if reference is not None:
        places["TOLLHOUSE_REFERENCE"] = str(reference)
    settings = Settings.from_environment(places)
    facts = RunFacts(as_of=date(2026, 3, 31), first_billing_period=None)
    with FileLedger(settings.ledger_path) as ledger, open_warehouse(settings) as con:
        create_book_inputs(con, settings, ledger, facts)
        create_call_inputs(con, settings, ledger, facts, [])
    return settings


def run_unit_tests(settings: Settings, target: Path) -> list[RunResult]:
    """Run dbt's unit tests in this process on the manifest that runs use too; compiled SQL goes to the target folder.

    A run of the product leaves them out, hence not by run_dbt.
    """
    manifest = Manifest.from_msgpack(ensure_manifest().with_name("partial_parse.msgpack").read_bytes())  # type: ignore[attr-defined]
    manifest.build_flat_graph()
    places = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target-path", str(target)]
    quiet = ["--quiet", "--log-level", "none", "--log-level-file", "none"]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TOLLHOUSE_WAREHOUSE", str(settings.warehouse_path))
        try:
            done = dbtRunner(manifest=manifest).invoke([*quiet, "test", "--select", "test_type:unit", *places])
        finally:
            DuckDBConnectionManager.close_all_connections()
    if done.exception is not None:
        raise done.exception
    return list(done.result)
