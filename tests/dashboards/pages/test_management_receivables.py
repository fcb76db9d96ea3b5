"""The page of receivables: ageing by unit, the roll-forward to the cent, and the dunning list."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

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

ZERO = Decimal("0.00")


def test_ageing_sums_over_the_units_with_what_nobody_has(published: Path) -> None:
    table = table_of(page_of(published, "receivables"), "ageing_by_unit")
    assert rows_of(table) == [
        ("East Unit", 1, Decimal("40.00"), Decimal("40.00"), ZERO, ZERO, ZERO),
        ("not assigned", 1, Decimal("5.00"), ZERO, Decimal("2.00"), ZERO, Decimal("3.00")),
    ]
    assert table.total is not None
    assert bare(table.total) == ("Total", 2, Decimal("45.00"), Decimal("40.00"), Decimal("2.00"), ZERO, Decimal("3.00"))


def test_periods_say_what_is_received_and_open(published: Path) -> None:
    table = table_of(page_of(published, "receivables"), "periods")
    assert rows_of(table) == [
        ("2026-02", Decimal(210), Decimal(130), ZERO, Decimal(80), Decimal(130) / Decimal(210)),
        ("2026-01", Decimal(200), Decimal(160), ZERO, Decimal(40), Decimal("0.8")),
    ]
    assert table.total is not None
    assert bare(table.total) == (
        "Total", Decimal(410), Decimal(290), ZERO, Decimal(120), Decimal(290) / Decimal(410),
    )  # fmt: skip


def test_each_month_rolls_into_the_next_exactly(published: Path) -> None:
    page = page_of(published, "receivables")
    roll = table_of(page, "roll_forward")
    assert rows_of(roll) == [
        # 20.00 of 2026-01 and 130.00 of 2026-02, the 10.00 that went back taken off.
        ("2026-03", Decimal(60), Decimal(210), Decimal(150), ZERO, Decimal(120)),
        ("2026-02", Decimal(0), Decimal(200), Decimal(140), ZERO, Decimal(60)),
    ]
    month_ends = table_of(page, "open_by_month_end")
    assert [column.label for column in month_ends.columns] == ["Period", "2026-02", "2026-03"]
    assert rows_of(month_ends) == [("2026-02", None, Decimal(80)), ("2026-01", Decimal(60), Decimal(40))]
    assert month_ends.total is not None and bare(month_ends.total) == ("Total", Decimal(60), Decimal(120))


def test_months_without_any_payment_stand_in_the_roll(published: Path) -> None:
    bills = [bill for bill in MARTS["bills"] if bill["billing_period"] == "2026-01"]  # type: ignore[call-overload]
    page = page_of(published, "receivables", marts={"bills": bills, "payment_applications": []})
    assert rows_of(table_of(page, "roll_forward")) == [
        ("2026-03", Decimal(200), Decimal(0), Decimal(0), ZERO, Decimal(200)),
        ("2026-02", Decimal(0), Decimal(200), Decimal(0), ZERO, Decimal(200)),
    ]


def test_dso_and_cei_are_worked_out_of_the_amounts_of_the_month(published: Path) -> None:
    table = table_of(page_of(published, "receivables"), "kpis")
    march, february = table.rows
    # 80.00 of 2026-02 are due on 25 March; the 40.00 of 2026-01 are past due. 120 ÷ 210 × 31 days; 150 ÷ (60 + 210 − 80).
    assert march[:10] == (
        "2026-03", date(2026, 3, 20), Decimal(60), Decimal(210), Decimal(150), ZERO, Decimal(120), Decimal(80),
        Decimal(40), Decimal(190),
    )  # fmt: skip
    assert march[10:] == (31, pytest.approx(120 / 210 * 31), pytest.approx(150 / 190))
    # All that was open at the end of February, 60.00, was past due on the 25th: 60 ÷ 200 × 28; 140 ÷ 200.
    assert february[10:] == (28, pytest.approx(8.4), pytest.approx(0.7))
    assert table.total is None, "ratios have no sum"


def test_each_bucket_is_paid_or_rolls_on(published: Path) -> None:
    table = table_of(page_of(published, "receivables"), "roll_rates")
    assert [row[:7] for row in rows_of(table)] == [
        ("2026-03", "Billed in the month", Decimal(210), Decimal(130), ZERO, Decimal(80), pytest.approx(80 / 210)),
        ("2026-03", "1–30", Decimal(60), Decimal(20), ZERO, Decimal(40), pytest.approx(2 / 3)),
        ("2026-02", "Billed in the month", Decimal(200), Decimal(140), ZERO, Decimal(60), pytest.approx(0.3)),
    ]
    # On 20 March 40.00 are 23 days past due, 80.00 not yet.
    assert [row[7:10] for row in rows_of(table)] == [
        (Decimal(80), ZERO, ZERO),
        (ZERO, Decimal(40), ZERO),
        (ZERO, Decimal(60), ZERO),
    ]


def test_one_unit_has_its_own_roll(published: Path) -> None:
    page = page_of(published, "receivables", unit="U2")
    assert [row[5] for row in rows_of(table_of(page, "roll_forward"))] == [Decimal(30), Decimal(0)]
    assert any("No account is in arrears" in text for text in messages_of(page))


def test_dunning_list_leads_to_the_bills(published: Path) -> None:
    table = table_of(page_of(published, "receivables"), "dunning_list")
    assert [(*row[:4], row[8]) for row in rows_of(table)] == [
        ("C2", "East Unit", "East Gate Hall", Decimal("40.00"), 23),
        ("C9", "not assigned", "not assigned", Decimal("5.00"), 95),
    ]
    assert links_of(table) == [("bills", {"account": "C2"}), ("bills", {"account": "C9"})]
    assert table.total is not None and bare(table.total)[3] == Decimal("45.00")


def test_each_bill_past_due_says_why_it_is_dunned_or_not(published: Path) -> None:
    page = page_of(published, "receivables")
    dunned = table_of(page, "dunned_bills")
    assert rows_of(dunned) == [
        ("C2", "C2", "2026-01", "East Unit", "East Gate Hall", Decimal("40.00"), Decimal("1.00"), Decimal("39.00"), 23,
         "Paid in part", "Of 50.00 only 10.00 is paid."),
    ]  # fmt: skip
    assert dunned.total is not None and bare(dunned.total)[5:8] == (Decimal("40.00"), Decimal("1.00"), Decimal("39.00"))
    not_dunned = table_of(page, "not_dunned")
    assert [(row[0], row[5], row[6], row[8]) for row in rows_of(not_dunned)] == [
        ("C9", Decimal("5.00"), "C8", "Not dunned: prepaid on another account"),
    ]
    chinese = table_of(page_of(published, "receivables", "zh"), "not_dunned")
    assert rows_of(chinese)[0][9] == "不催缴：账户 C8 有预存 5.00。"


def test_prepaid_and_overdrawn_accounts_sum_to_the_balance(published: Path) -> None:
    table = table_of(page_of(published, "receivables"), "prepaid")
    assert [(row[0], *row[3:6]) for row in rows_of(table)] == [
        ("C8", Decimal("7.50"), ZERO, Decimal("7.50")),
        ("C1", ZERO, Decimal("2.25"), Decimal("-2.25")),
    ]
    assert table.total is not None
    assert bare(table.total)[3:6] == (Decimal("7.50"), Decimal("2.25"), Decimal("5.25"))


def test_a_viewer_with_a_scope_sees_the_own_rows(published: Path) -> None:
    page = page_of(published, "receivables", viewer=OF_U1)
    assert [row[0] for row in rows_of(table_of(page, "ageing_by_unit"))] == ["East Unit"]
    assert [row[0] for row in rows_of(table_of(page, "dunning_list"))] == ["C2"]
    assert [row[0] for row in rows_of(table_of(page, "dunned_bills"))] == ["C2"]
    assert [row[0] for row in rows_of(table_of(page, "prepaid"))] == ["C1"]
    # The only unit of the scope: 80.00 open of 170.00 billed in March.
    assert rows_of(table_of(page, "kpis"))[0][3:7] == (Decimal(170), Decimal(150), ZERO, Decimal(80))
    roll = table_of(page, "roll_forward")
    # Of the unit: 160.00 billed, 100.00 applied in February; then 170.00 and 150.00.
    assert [row[1:] for row in rows_of(roll)] == [
        (Decimal(60), Decimal(170), Decimal(150), ZERO, Decimal(80)),
        (Decimal(0), Decimal(160), Decimal(100), ZERO, Decimal(60)),
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_without_bills_there_is_a_sentence(published: Path, language: str) -> None:
    page = page_of(
        published,
        "receivables",
        language,
        marts={"bills": [], "payment_applications": [], "arrears": [], "dunning_list": [], "prepaid_balances": []},
    )
    assert page.status == 200 and len(messages_of(page)) == 7 and page.tables() == ()
