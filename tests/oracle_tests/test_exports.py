"""Hand-worked exports: what counts of the past, and of what a later export lacks."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.oracle.exports import COLUMNS, Exports, read_export
from tests.oracle.files import InboxFile

MAY_1, MAY_10, MAY_20 = (date(2026, 5, day) for day in (1, 10, 20))


def exports(table: str, **snapshots: list[str]) -> Exports:
    """The exports of a table by the day of May in their name (`on_10`)."""
    files = []
    for name, lines in snapshots.items():
        content = "\n".join([COLUMNS[table].replace(" ", ","), *lines, ""]).encode()
        file = InboxFile(Path(name), "customers", "customers", name, content=content)
        file.table, file.file_date = table, date(2026, 5, int(name.removeprefix("on_")))
        assert read_export(file)
        files.append(file)
    return Exports(files)


def test_a_customer_is_of_the_class_that_the_export_of_the_day_says() -> None:
    facts = exports(
        "customers",
        on_1=["C1,Li,residential,false,U1,O1,,2025-01-01,", "C2,Wu,staff,false,U1,O1,,2025-01-01,"],
        on_10=["C1,Li,business,false,U1,O1,,2025-01-01,"],
    )

    def customer_class(customer_id: str, day: date) -> Any:
        row = facts.row_at("customers", customer_id, day)
        return row and row["customer_class"]

    assert [customer_class("C1", day) for day in (date(2026, 4, 5), MAY_1, date(2026, 5, 9), MAY_10)] == [
        "residential", "residential", "residential", "business",
    ]  # fmt: skip
    assert customer_class("C2", MAY_20) == "staff"
    assert customer_class("C3", MAY_20) is None


def test_an_interval_that_is_gone_ends_or_never_was() -> None:
    facts = exports(
        "service_numbers",
        on_1=[
            "5001,A1,X1,,2026-01-01 00:00:00,2026-05-05 00:00:00",
            "5002,A1,X1,,2026-01-01 00:00:00,",
            "5003,A1,X1,,2026-01-01 00:00:00,",
            "500-4,A1,X1,,2026-01-01 00:00:00,",
            "5005,A1,X1,,2026-01-01 00:00:00,",
        ],
        on_10=[
            "5002,A9,X1,,2026-01-01 00:00:00,",
            "5003,A9,X1,,2026-05-07 08:00:00,",
            "5005,A1,X1,,2026-01-01 00:00:00,some day",
        ],
    )
    assert {
        (number, row["account_id"], row["valid_to"]) for number, rows in facts.intervals.items() for row in rows
    } == {
        ("5001", "A1", datetime(2026, 5, 5)),
        ("5002", "A9", None),
        ("5003", "A1", datetime(2026, 5, 7, 8)),
        ("5003", "A9", None),
        ("5004", "A1", datetime(2026, 5, 10)),
        ("5005", "A1", None),
    }


def test_a_payment_before_the_window_counts_and_a_deleted_one_does_not() -> None:
    lines = {
        name: f"{name},A1,2026-04-{day} 09:00:00,{amount},counter,"
        for name, day, amount in (
            ("Y1", "01", "1.00"),
            ("Y2", "20", "2.00"),
            ("Y3", "10", "3.00"),
            ("Y4", "15", "4.00"),
        )
    }
    facts = exports(
        "payments",
        on_1=[*lines.values()],
        on_10=[lines["Y1"], lines["Y3"], lines["Y4"]],
        on_20=[lines["Y4"]],
    )
    assert {(row["payment_id"], row["amount"]) for row in facts.payments} == {
        ("Y1", Decimal("1.00")), ("Y3", Decimal("3.00")), ("Y4", Decimal("4.00")),
    }  # fmt: skip


def test_an_open_subscription_ends_where_it_is_first_lacking() -> None:
    facts = exports(
        "subscriptions",
        on_1=["S1,A1,,line,,2026-01-01,", "S2,A1,,line,,2026-01-01,2026-05-05"],
        on_10=["S3,A1,,line,,2026-05-02,"],
    )
    assert {row["subscription_id"]: row["valid_to"] for row in facts.subscriptions} == {
        "S1": MAY_10, "S2": date(2026, 5, 5), "S3": None,
    }  # fmt: skip
