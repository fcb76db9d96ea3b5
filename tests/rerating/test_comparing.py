"""What follows from a call that comes out differently, on hand-made calls of one number: A1 holds 5001, March is closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from orchestration.ledger.reratings import AdjustmentLine
from orchestration.rerating.comparing import changed_open_days, compare, note_before, standing_calls
from orchestration.warehouse.closed.closed_schema import REOPENED_CALLS

DAY = date(2026, 3, 2)
CALLS = """
    call_id varchar, call_date date, state varchar, account_id varchar, charged_number varchar, bill_item_id varchar,
    zone_id varchar, business_unit_id varchar, billing_period varchar, amount decimal(18, 6)
"""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Three closed calls of A1, 0.335 in all on a line of 0.34; nothing was adjusted before."""
    con = duckdb.connect()
    for schema in ("state", "intermediate", "closed", "raw"):
        con.execute(f"create schema {schema}")
    con.execute(f"create table intermediate.int_calls_judged ({CALLS})")
    con.execute(
        "create table raw.rerating_adjustments (account_id varchar, service_number varchar, bill_item_id varchar, "
        "zone_id varchar, business_unit_id varchar, closed_period varchar, call_date date, amount_before decimal(18, 6), "
        "amount_after decimal(18, 6))"
    )
    con.execute(
        "create table raw.rerating_lines (account_id varchar, service_number varchar, bill_item_id varchar, "
        "closed_period varchar, amount decimal(18, 2))"
    )
    for call_id, amount in (("c1", "0.220"), ("c2", "0.110"), ("c3", "0.005")):
        con.execute(
            "insert into intermediate.int_calls_judged values "
            f"('{call_id}', '{DAY}', 'rated', 'A1', '5001', 'CALL', 'Z', 'U1', '2026-03', {amount})"
        )
    con.execute(REOPENED_CALLS)
    con.execute(
        "create table closed.calls as select calls.*, none.* exclude (call_id) from intermediate.int_calls_judged as calls "
        "left join closed.reopened_calls as none on calls.call_id = none.call_id"
    )
    yield con
    con.close()


def rated_anew(con: duckdb.DuckDBPyConnection, *changes: str) -> list[tuple[str, str, str]]:
    """The postings (account, number, amount) after the calls were changed so."""
    note_before(con, [DAY], [])
    for change in changes:
        con.execute(f"update intermediate.int_calls_judged set {change}")
    return posted(compare(con).lines)


def posted(lines: tuple[AdjustmentLine, ...]) -> list[tuple[str, str, str]]:
    return [(line.account_id, line.service_number, str(line.amount)) for line in lines]


def keep(con: duckdb.DuckDBPyConnection) -> None:
    """What was found counts as charged from now on, as it does once it is in the ledger."""
    con.execute(
        "insert into raw.rerating_adjustments by name select account_id, service_number, bill_item_id, zone_id, "
        "business_unit_id, closed_period, call_date, amount_before, amount_after from state.rerating_new_adjustments"
    )


def test_a_difference_that_does_not_move_the_rounded_sum_is_posted_as_nothing(con: duckdb.DuckDBPyConnection) -> None:
    # 0.335 → 0.344: both are 0.34 on the line, though the difference alone would round to 0.01.
    assert rated_anew(con, "amount = 0.014 where call_id = 'c3'") == []


def test_what_was_not_yet_a_cent_is_posted_when_it_becomes_one(con: duckdb.DuckDBPyConnection) -> None:
    rated_anew(con, "amount = 0.014 where call_id = 'c3'")
    keep(con)
    con.execute("update intermediate.int_calls_judged set amount = 0.005 where call_id = 'c3'")
    con.execute("insert into closed.calls by name select * from intermediate.int_calls_judged")
    # 0.335 + 0.009 posted as nothing; now 0.220 + 0.110 + 0.015 = 0.345, which is 0.35 on the line.
    assert rated_anew(con, "amount = 0.015 where call_id = 'c3'") == [("A1", "5001", "0.01")]
    (detail,) = compare(con).adjustments
    assert (detail.amount_before, detail.amount_after) == (Decimal("0.344"), Decimal("0.345"))


def test_a_call_of_another_owner_is_given_back_to_one_and_charged_to_the_other(con: duckdb.DuckDBPyConnection) -> None:
    # A1 keeps 0.115, 0.12 on the line: −0.22. A2 gets a call of 0.22.
    assert rated_anew(con, "account_id = 'A2' where call_id = 'c1'") == [
        ("A1", "5001", "-0.22"),
        ("A2", "5001", "0.22"),
    ]


@pytest.mark.parametrize("state", ["unrated", "undocumented", "other_day", "partial"])
def test_a_closed_call_that_would_wait_now_stands(con: duckdb.DuckDBPyConnection, state: str) -> None:
    assert rated_anew(con, f"state = '{state}', amount = null, account_id = null where call_id = 'c1'") == []
    assert standing_calls(con) == 1


@pytest.mark.parametrize("state", ["duplicate", "not_charged", "not_answered"])
def test_a_closed_call_that_is_none_to_be_charged_is_given_back(con: duckdb.DuckDBPyConnection, state: str) -> None:
    assert rated_anew(con, f"state = '{state}', amount = null where call_id = 'c1'") == [("A1", "5001", "-0.22")]
    assert standing_calls(con) == 0


def test_an_open_call_is_compared_and_not_posted(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("delete from closed.calls")
    assert rated_anew(con, "state = 'unrated', amount = null where call_id = 'c1'") == []
    (change,) = compare(con).changes
    assert (change.calls_before, change.calls_after, change.calls_changed, change.no_longer_rated_calls) == (3, 2, 1, 1)
    assert (change.amount_before, change.amount_after) == (Decimal("0.335"), Decimal("0.115"))
    assert changed_open_days(con, is_asked=True) == [DAY] and changed_open_days(con, is_asked=False) == []
