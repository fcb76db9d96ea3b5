"""The page of bills: what they consist of, and by account its bills, lines and payments."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.dashboards.editions import Rows
from tests.dashboards.pages.management_edition import (
    MARTS,
    OF_U1,
    bare,
    links_of,
    messages_of,
    page_of,
    rows_of,
    table_of,
)


def test_bill_items_sum_to_the_bills(published: Path) -> None:
    page = page_of(published, "bills")
    table = table_of(page, "revenue_by_item")
    assert rows_of(table) == [
        ("LOCAL", "Calls", 2, Decimal("115.00")),
        ("Monthly rental", "Recurring", 4, Decimal("100.00")),
        ("DISCOUNT", "Promotion", 1, Decimal("-5.00")),
    ]
    assert table.total is not None and bare(table.total) == ("Total", None, None, Decimal("210.00"))
    assert "All bill lines sum to 210.00 yuan, and so do the bills." in messages_of(page)


def test_lines_that_do_not_sum_to_the_bills_are_said_to(published: Path) -> None:
    lines: Rows = [line for line in MARTS["bill_lines"] if line["bill_item_id"] != "DISCOUNT"]  # type: ignore[call-overload]
    page = page_of(published, "bills", marts={**MARTS, "bill_lines": lines})
    assert any("sum to 215.00 yuan, but the bills to 210.00" in text for text in messages_of(page))


def test_periods_stand_side_by_side(published: Path) -> None:
    table = table_of(page_of(published, "bills"), "revenue_by_month")
    assert [column.label for column in table.columns] == ["Bill item", "2026-01", "2026-02"]
    assert rows_of(table) == [
        ("LOCAL", Decimal("110.00"), Decimal("115.00")),
        ("Monthly rental", Decimal("90.00"), Decimal("100.00")),
        ("DISCOUNT", None, Decimal("-5.00")),
    ]
    assert table.total is not None and bare(table.total) == ("Total", Decimal("200.00"), Decimal("210.00"))


def test_classes_and_units_sum_to_the_same(published: Path) -> None:
    page = page_of(published, "bills")
    classes, units = table_of(page, "revenue_by_class"), table_of(page, "revenue_by_unit")
    assert rows_of(classes) == [
        ("Residential", 2, Decimal("150.00")),
        ("Business", 1, Decimal("50.00")),
        ("Unassigned", 1, Decimal("10.00")),
    ]
    assert rows_of(units) == [
        ("East Unit", 2, Decimal("170.00")),
        ("West Unit", 1, Decimal("30.00")),
        ("not assigned", 1, Decimal("10.00")),
    ]
    for table in (classes, units):
        assert table.total is not None and bare(table.total) == ("Total", 4, Decimal("210.00"))
    assert links_of(classes)[1] == ("bills", {"class": "business", "period": "2026-02"})


def test_class_and_unit_narrow_all_of_it(published: Path) -> None:
    page = page_of(published, "bills", unit="U1", class_="business")
    assert rows_of(table_of(page, "revenue_by_item")) == [
        ("Monthly rental", "Recurring", 1, Decimal("30.00")),
        ("LOCAL", "Calls", 1, Decimal("20.00")),
    ]
    assert rows_of(table_of(page, "revenue_by_class")) == [("Business", 1, Decimal("50.00"))]
    assert page_of(published, "bills", class_="nobility").status == 404


def test_package_use_is_of_the_sums(published: Path) -> None:
    (row,) = rows_of(table_of(page_of(published, "bills"), "package_use"))
    # 3600 + 3600 allowed, 0 + 3000 left: 4200 of 7200 used, though the calls took 3620 + 600.
    assert row == (
        "HOUR", "Seconds", 2, Decimal(7200), Decimal(4220), Decimal(3000), Decimal(4200) / Decimal(7200), 1, 6,
        Decimal("11.60"), Decimal("9.10"),
    )  # fmt: skip


def test_running_period_is_called_provisional(published: Path) -> None:
    page = page_of(published, "bills", period="2026-03")
    assert any("provisional until they are issued on 2026-04-01" in text for text in messages_of(page))
    assert rows_of(table_of(page, "revenue_by_item")) == [("Monthly rental", "Recurring", 1, Decimal("999.00"))]


def test_an_account_has_its_bills_lines_and_payments(published: Path) -> None:
    page = page_of(published, "bills", account="C2")
    bills = table_of(page, "bills")
    assert [(row[0], *row[7:]) for row in rows_of(bills)] == [
        ("2026-02", Decimal("50.00"), Decimal("40.00"), Decimal("0.00"), Decimal("10.00"), "Issued"),
        ("2026-01", Decimal("60.00"), Decimal("20.00"), Decimal("0.00"), Decimal("40.00"), "Past due"),
    ]
    assert bills.total is not None and bare(bills.total)[7:11] == (
        Decimal("110.00"),
        Decimal("60.00"),
        Decimal("0.00"),
        Decimal("50.00"),
    )
    lines = table_of(page, "bill_lines")
    assert len(lines.rows) == 4 and lines.total is not None and bare(lines.total)[4] == Decimal("110.00")
    payments = table_of(page, "payments")
    assert [row[4] for row in rows_of(payments)] == [Decimal("-10.00"), Decimal("50.00"), Decimal("20.00")]
    assert payments.total is not None and bare(payments.total)[4] == Decimal("60.00"), "what the bills have received"


def test_a_provisional_bill_of_an_account_has_no_open_amount(published: Path) -> None:
    row = rows_of(table_of(page_of(published, "bills", account="C1"), "bills"))[0]
    assert (row[0], *row[7:]) == ("2026-03", Decimal("999.00"), Decimal("0.00"), Decimal("0.00"), None, "Provisional")


def test_the_amount_of_a_provisional_bill_is_not_called_receivable(published: Path) -> None:
    """Receivable are issued bills alone, on the pages of periods and of collections."""
    for given, names in (
        ({"account": "C1"}, ["bills"]),
        ({"period": "2026-03"}, ["revenue_by_class", "revenue_by_unit"]),
    ):
        page = page_of(published, "bills", **given)
        for name in names:
            labels = [column.label for column in table_of(page, name).columns]
            assert "Billed" in labels and not any("Receivable" in label for label in labels)


def test_payments_of_bills_that_settle_with_the_account_stand_apart(published: Path) -> None:
    merged = [
        *MARTS["payment_applications"],
        {
            "payment_id": "P8",
            "account_id": "C3",
            "billing_period": "2026-02",
            "settling_account_id": "C2",
            "paying_account_id": "C2",
            "applied_on": "2026-03-12",
            "amount": Decimal("7.00"),
        },
    ]
    page = page_of(published, "bills", marts={**MARTS, "payment_applications": merged}, account="C2")
    assert rows_of(table_of(page, "payments_of_others"))[0][1:3] == ("P8", "C3")
    foot = table_of(page, "payments").total
    assert foot is not None and bare(foot)[4] == Decimal("60.00")


def test_an_account_outside_the_scope_is_not_there(published: Path) -> None:
    assert page_of(published, "bills", viewer=OF_U1, account="C1").status == 200
    assert page_of(published, "bills", viewer=OF_U1, account="C3").status == 404
    page = page_of(published, "bills", viewer=OF_U1)
    foot = table_of(page, "revenue_by_item").total
    assert foot is not None and bare(foot)[3] == Decimal("170.00")
    assert "All bill lines sum to 170.00 yuan, and so do the bills." in messages_of(page)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_period_without_bills_says_so(published: Path, language: str) -> None:
    empty: dict[str, Rows] = {name: [] for name in ("bills", "bill_lines", "package_use")}
    page = page_of(published, "bills", language, marts=empty)
    assert page.status == 200 and len(messages_of(page)) == 4
