"""The sample of rated calls by hand: a minute of HOME to LOCAL costs 0.10, and each started minute counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.reference_book.reading import ReferenceBook, read_reference_book
from orchestration.warehouse.raw.rating_sample import CALLS_OF_A_FILE, SAMPLE_SIZE, create_sample, draw_sample
from tests.robustness.branch import BOOK

AS_OF = date(2026, 4, 10)


@pytest.fixture
def book(tmp_path: Path) -> ReferenceBook:
    for name, content in BOOK.items():
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
    return read_reference_book(tmp_path)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse without a call; March is open and February closed."""
    with duckdb.connect() as connection:
        for schema in ("raw", "state", "intermediate"):
            connection.execute(f"create schema {schema}")
        connection.execute("create table raw.file_register (file_id varchar, file_name varchar)")
        connection.execute(
            "create table intermediate.int_billing_periods as"
            " select * from (values ('2026-02', true), ('2026-03', false)) as periods (billing_period, is_closed)"
        )
        connection.execute(
            "create table intermediate.int_calls_judged (call_id varchar, call_date date, file_id varchar, record_number bigint,"
            " state varchar, billing_period varchar, called_number varchar, exchange_id varchar, tariff_plan_id varchar,"
            " customer_class varchar, started_at timestamp, duration_seconds integer, access_code varchar, rated_number varchar,"
            " destination_prefix varchar, zone_id varchar, rate_valid_from date, connect_fee decimal(18, 6), charge_steps varchar,"
            " charged_seconds integer, amount decimal(18, 6), list_amount decimal(18, 6), unrounded_numerator decimal(38, 0),"
            " unrounded_denominator decimal(38, 0))"
        )
        create_sample(connection)
        yield connection


def add_file(
    con: duckdb.DuckDBPyConnection, file_id: str, name: str, calls: int, month: str = "2026-03", amount: str = "0.20"
) -> None:
    """A file of a day with rated calls of 61 seconds: two minutes, 0.20; and one that was not answered."""
    con.execute("insert into raw.file_register values (?, ?)", [file_id, name])
    con.execute(
        "insert into intermediate.int_calls_judged select ? || ':' || n, cast(? || '-05' as date), ?, n,"
        " case when n = 0 then 'not_answered' else 'rated' end, case when n > 0 then ? end, '2200002', 'EX1', 'HOME', 'residential',"
        " cast(? || '-05 10:00:00' as timestamp), 61, null, '2200002', '2', 'LOCAL', date '2015-01-01', 0, 'ALL/0:2', 120,"
        " cast(? as decimal(18, 6)), null, 2, 10 from range(?) as numbers (n)",
        [file_id, month, file_id, month, month, amount, calls + 1],
    )
    con.execute(
        "create or replace table intermediate.int_call_states_daily as select call_date, file_id, state, billing_period,"
        " count(*) as records from intermediate.int_calls_judged group by all"
    )


def sampled(con: duckdb.DuckDBPyConnection) -> dict[str, str | None]:
    """call_id → where its two charges differ."""
    return dict(con.execute("select call_id, differences from state.rating_sample").fetchall())


def test_a_right_charge_is_confirmed_and_a_wrong_one_is_named(
    con: duckdb.DuckDBPyConnection, book: ReferenceBook
) -> None:
    add_file(con, "F1", "a.csv", 2)
    add_file(con, "F2", "b.csv", 1, amount="0.21")
    draw_sample(con, book, AS_OF)
    assert sampled(con) == {"F1:1": None, "F1:2": None, "F2:1": "amount: 0.210000, charged again 0.20"}


def test_a_call_that_the_book_has_no_price_for_is_not_confirmed(
    con: duckdb.DuckDBPyConnection, book: ReferenceBook
) -> None:
    add_file(con, "F1", "a.csv", 1)
    con.execute("update intermediate.int_calls_judged set called_number = '99', rated_number = '99'")
    draw_sample(con, book, AS_OF)
    assert "no destination prefix in force" in str(sampled(con)["F1:1"])


def test_calls_of_closed_periods_are_not_drawn(con: duckdb.DuckDBPyConnection, book: ReferenceBook) -> None:
    add_file(con, "F1", "a.csv", 3, month="2026-02", amount="0.50")
    draw_sample(con, book, AS_OF)
    assert sampled(con) == {}
    add_file(con, "F2", "b.csv", 1)
    draw_sample(con, book, AS_OF)
    assert sampled(con) == {"F2:1": None}


def test_the_sample_is_as_large_as_it_says_and_of_many_files(
    con: duckdb.DuckDBPyConnection, book: ReferenceBook
) -> None:
    for file in range(60):
        add_file(con, f"F{file}", f"{file:02d}.csv", 40)
    draw_sample(con, book, AS_OF)
    of_files: dict[str, int] = {}
    for call_id in sampled(con):
        file_id = call_id.split(":")[0]
        of_files[file_id] = of_files.get(file_id, 0) + 1
    assert sum(of_files.values()) == SAMPLE_SIZE
    assert set(of_files.values()) == {CALLS_OF_A_FILE}


def test_one_large_file_gives_the_whole_sample(con: duckdb.DuckDBPyConnection, book: ReferenceBook) -> None:
    add_file(con, "F1", "a.csv", 3 * SAMPLE_SIZE)
    draw_sample(con, book, AS_OF)
    assert len(sampled(con)) == SAMPLE_SIZE


def test_each_open_period_gives_calls_in_proportion(con: duckdb.DuckDBPyConnection, book: ReferenceBook) -> None:
    """300 calls of March and 100 of April: 150 and 50 of 200, however the calls lie in files."""
    con.execute("insert into intermediate.int_billing_periods values ('2026-04', false)")
    add_file(con, "F1", "a.csv", 250)
    add_file(con, "F2", "b.csv", 50)
    add_file(con, "F3", "c.csv", 100, month="2026-04")
    draw_sample(con, book, AS_OF)
    sizes = con.execute("select billing_period, count(*) from state.rating_sample group by all order by all").fetchall()
    assert sizes == [("2026-03", 150), ("2026-04", 50)]


def test_a_day_gives_the_same_sample_whatever_the_ids_of_its_files(
    con: duckdb.DuckDBPyConnection, book: ReferenceBook
) -> None:
    def drawn(ids: list[str], as_of: date) -> set[tuple[str, str]]:
        con.execute("delete from intermediate.int_calls_judged")
        con.execute("delete from raw.file_register")
        for place, file_id in enumerate(ids):
            add_file(con, file_id, f"{place:02d}.csv", 30)
        draw_sample(con, book, as_of)
        places = {file_id: str(place) for place, file_id in enumerate(ids)}
        return {(places[call.split(":")[0]], call.split(":")[1]) for call in sampled(con)}

    forwards = [f"F{number}" for number in range(40)]
    first = drawn(forwards, AS_OF)
    assert drawn(forwards[::-1], AS_OF) == first
    assert drawn(forwards, date(2026, 4, 11)) != first
