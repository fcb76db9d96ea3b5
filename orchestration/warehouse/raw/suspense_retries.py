"""Recycling: how often suspended records have been tried. Their reasons and estimated amounts are dbt models.

Every run that builds anything tries every suspended record: the planner compares all that decides a call with what was used,
and a record for which something changed gets its state again with its day. The count of these tries depends on the runs, so it is
kept apart from all that must not (mart suspense_retries).
"""

from __future__ import annotations

from datetime import datetime

import duckdb


def create_tries(con: duckdb.DuckDBPyConnection) -> None:
    """The table of tries, empty until the first record is suspended."""
    con.execute(
        "create table if not exists state.suspense_tries "
        "(call_id varchar primary key, first_suspended_at timestamp, last_tried_at timestamp, tries bigint)"
    )


def note_tries(con: duckdb.DuckDBPyConnection, at: datetime) -> None:
    """Count a try for every record that is suspended now, after a run has built its stale days; `at` is by the branch's clock."""
    con.execute(
        "insert into state.suspense_tries select call_id, ?, ?, 1 from intermediate.int_calls_suspended "
        "on conflict do update set last_tried_at = excluded.last_tried_at, tries = tries + 1",
        [at, at],
    )
