"""The results of a run's gates, kept in the warehouse between the step that evaluates them and the steps that show and publish."""

from __future__ import annotations

import json
from collections.abc import Sequence

import duckdb

from expectations.results import GateResult
from orchestration.warehouse.connection import insert_rows


def keep_results(con: duckdb.DuckDBPyConnection, results: Sequence[GateResult]) -> None:
    """Replace the kept results."""
    con.execute("begin")
    con.execute("create or replace table state.gate_results (position integer, result varchar)")
    insert_rows(
        con,
        "state.gate_results",
        [[number, json.dumps(result.as_dict(), ensure_ascii=False)] for number, result in enumerate(results)],
    )
    con.execute("commit")


def kept_results(con: duckdb.DuckDBPyConnection) -> list[GateResult]:
    """The kept results, in the order of evaluation."""
    rows = con.execute("select result from state.gate_results order by position").fetchall()
    return [GateResult(**json.loads(text)) for (text,) in rows]
