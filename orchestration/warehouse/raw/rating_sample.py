"""A sample of the rated calls, drawn in each run and charged again by the plain-Python rating that `quote` and `explain` use.

How a call is charged is in orchestration/rating; what the sample says of a month is in the mart revenue_assurance_kpis.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date
from typing import Any

import duckdb

from orchestration.rating.explaining import charge_again, differences
from orchestration.rating.tariffs import NoCharge, Tariffs
from orchestration.reference_book.reading import ReferenceBook
from orchestration.warehouse.connection import insert_rows

#: How many calls are drawn where there are as many.
SAMPLE_SIZE = 200

_COLUMNS = "call_id varchar primary key, billing_period varchar, differences varchar"


def create_sample(con: duckdb.DuckDBPyConnection) -> None:
    """The table of the sample, empty until calls are rated."""
    con.execute(f"create table if not exists state.rating_sample ({_COLUMNS})")


def draw_sample(con: duckdb.DuckDBPyConnection, book: ReferenceBook, as_of: date) -> None:
    """Draw calls of the open periods, charge them again, and keep where the two charges differ (null: nowhere).

    Calls of closed periods were rated by the book of their time and are not drawn. Every call has the same chance. The same
    calls and the same as-of date give the same sample, in whatever order the files came.
    """
    tariffs = Tariffs(book)
    rows = [[call["call_id"], call["billing_period"], _differences(tariffs, call)] for call in _drawn(con, as_of)]
    con.execute("begin")
    con.execute("delete from state.rating_sample")
    insert_rows(con, "state.rating_sample", rows)
    con.execute("commit")


def _differences(tariffs: Tariffs, call: Mapping[str, Any]) -> str | None:
    try:
        found = differences(call, charge_again(tariffs, call))
    except NoCharge as fault:
        return str(fault)
    return "; ".join(f"{what}: {said}, charged again {now}" for what, said, now in found) or None


def _drawn(con: duckdb.DuckDBPyConnection, as_of: date) -> list[dict[str, Any]]:
    """The sampled calls: places in the order of (day, file, record), found by the counts of the days so that few calls are read."""
    counts = con.execute(
        "select call_date, file_id, billing_period, states.records from intermediate.int_call_states_daily as states"
        " inner join raw.file_register as files using (file_id)"
        " inner join intermediate.int_billing_periods as periods using (billing_period)"
        " where state = 'rated' and not is_closed order by call_date, file_name, file_id, billing_period"
    ).fetchall()
    total = sum(records for *_, records in counts)
    # Not for secrets: the date gives the same places in every run of the same figures.
    places = sorted(random.Random(as_of.isoformat()).sample(range(total), min(SAMPLE_SIZE, total)))
    wanted: list[list[object]] = []
    first = 0
    for call_date, file_id, billing_period, records in counts:
        while places and places[0] < first + records:
            wanted.append([call_date, file_id, billing_period, places.pop(0) - first + 1])
        first += records
    con.execute(
        "create or replace temp table drawn_places (call_date date, file_id varchar, billing_period varchar, place bigint)"
    )
    insert_rows(con, "drawn_places", wanted)
    cursor = con.execute(
        "with placed as ("
        " select call_id, call_date, file_id, billing_period, row_number() over ("
        " partition by call_date, file_id, billing_period order by record_number) as place"
        " from intermediate.int_calls_judged where state = 'rated'"
        " and (call_date, file_id) in (select (call_date, file_id) from drawn_places)"
        "), found as (select call_id, call_date from placed"
        " inner join drawn_places using (call_date, file_id, billing_period, place))"
        " select calls.* from intermediate.int_calls_judged as calls"
        " inner join found on calls.call_id = found.call_id and calls.call_date = found.call_date"
    )
    columns = [column[0] for column in cursor.description or ()]
    return [dict(zip(columns, values, strict=True)) for values in cursor.fetchall()]
