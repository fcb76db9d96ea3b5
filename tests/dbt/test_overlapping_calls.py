"""Calls of a line at once: the models' SQL against a count of every pair of calls, on random calls of three days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.settings import Settings
from orchestration.warehouse.dbt_runner import run_dbt

MODELS = ("int_simultaneous_calls", "int_overnight_calls", "int_overlaps_over_midnight", "int_overlap_peaks")
DAYS = [date(2026, 3, day) for day in (4, 5, 6)]
CHANNELS = {"5001": 1, "5002": 2, "5003": None}  # 5003 is documented nowhere: one channel


@dataclass(frozen=True)
class Call:
    """An answered call of the subscriber side."""

    call_id: str
    number: str
    start: datetime
    seconds: int

    @property
    def end(self) -> datetime:
        """The first second at which it is no longer up."""
        return self.start + timedelta(seconds=self.seconds)


Peak = tuple[str, date, datetime, str, int, int, int]


def peaks(calls: Iterable[Call]) -> dict[tuple[str, date], Peak]:
    """Per number and day the moment with the most calls above the number's channels, by looking at every pair of calls."""
    calls = list(calls)
    too_many: dict[tuple[str, date], list[tuple[int, Call]]] = defaultdict(list)
    for call in calls:
        earlier = [
            other
            for other in calls
            if other.number == call.number
            and (other.start, other.call_id) < (call.start, call.call_id)
            and other.end > call.start
        ]
        if call.seconds and len(earlier) + 1 > (CHANNELS[call.number] or 1):
            too_many[call.number, call.start.date()].append((len(earlier) + 1, call))
    found = {}
    for (number, day), rows in too_many.items():
        most, call = min(rows, key=lambda row: (-row[0], row[1].start, row[1].call_id))
        found[number, day] = (number, day, call.start, call.call_id, most, CHANNELS[number] or 1, len(rows))
    return found


@pytest.fixture(scope="module")
def warehouse(empty_warehouse: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The models as views over tables that a test fills: their own compiled SQL, and no dbt any more."""
    nodes = run_dbt(empty_warehouse, "build", " ".join(MODELS))
    compiled = {node.unique_id.split(".")[-1]: node.compiled_sql for node in nodes if node.compiled_sql}
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as warehouse; use warehouse")
        for schema in ("raw", "reference", "staging", "intermediate"):
            con.execute(f"create schema {schema}")
        con.execute("create table raw.stale_days (call_date date)")
        con.execute("create table raw.call_days (call_date date)")
        con.execute(
            "create table intermediate.int_calls_judged (call_id varchar, state varchar, calling_number varchar,"
            " call_date date, started_at timestamp, started_at_utc timestamp, duration_seconds integer,"
            " trunk_group_in varchar, twin_call_id varchar, charged_number varchar, is_charged_as_recorded boolean)"
        )
        con.execute(
            "create table intermediate.int_number_intervals as select * from (values"
            " ('5001', 1, timestamp '2026-01-01', cast(null as timestamp)), ('5002', 2, timestamp '2026-01-01', null))"
            " as numbers (service_number, channels, valid_from, valid_to)"
        )
        con.executemany("insert into raw.call_days values (?)", [[day] for day in DAYS])
        con.execute("insert into raw.stale_days select * from raw.call_days")
        for model in MODELS:
            con.execute(f"create view intermediate.{model} as {compiled[model]}")
        yield con


CALLS = st.lists(
    st.tuples(
        st.sampled_from(sorted(CHANNELS)),
        st.sampled_from(DAYS),
        # Few moments, so that calls meet: around midnight, and seconds of one hour.
        st.sampled_from([0, 1, 59, 60, 61, 3_600, 43_200, 43_201, 86_340, 86_399]),
        st.sampled_from([0, 1, 2, 58, 59, 60, 600, 3_600, 43_200, 86_400, 172_800, 604_800]),
    ),
    max_size=14,
)


@settings(max_examples=120, deadline=None)
@given(drawn=CALLS)
def test_peaks_are_those_of_every_pair(
    warehouse: duckdb.DuckDBPyConnection, drawn: list[tuple[str, date, int, int]]
) -> None:
    calls = [
        Call(f"F:{place}", number, datetime.combine(day, datetime.min.time()) + timedelta(seconds=second), seconds)
        for place, (number, day, second, seconds) in enumerate(drawn)
    ]
    warehouse.execute("delete from intermediate.int_calls_judged")
    for call in calls:
        warehouse.execute(
            "insert into intermediate.int_calls_judged values (?, 'rated', ?, ?, ?, null, ?, null, null, null, false)",
            [call.call_id, call.number, call.start.date(), call.start, call.seconds],
        )
    rows = warehouse.execute(
        "select calling_number, call_date, started_at, call_id, calls_at_once, channels, overlapping_calls,"
        " overlapped_call_id from intermediate.int_overlap_peaks"
    ).fetchall()
    assert {(row[0], row[1]): row[:7] for row in rows} == peaks(calls)
    by_id = {call.call_id: call for call in calls}
    for row in rows:
        call, other = by_id[row[3]], by_id[row[7]]
        assert other.number == call.number and other.start <= call.start < other.end
