"""Hand-worked settlement: oldest first, merges, arrears, debits, commission."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.oracle import compute
from tests.oracle.settlement import latest_merges, settling_account


def three_rentals(branch: Any) -> None:
    """Bills of 18.00 for January, February and March 2026, of A1, an account of agent G1."""
    branch.owner()
    branch.calls("20260105", 1)
    branch.export("subscriptions", "20260105", "S1,A1,5550001,line,,2025-01-01,")


def applied(marts: dict[str, Any]) -> list[tuple[str, str, str, date, Decimal]]:
    names = ("payment_id", "account_id", "billing_period", "applied_on", "amount")
    return [tuple(row[name] for name in names) for row in marts["payment_applications"]]  # type: ignore[misc]


def test_payments_pay_the_oldest_bill_first_and_the_rest_is_prepaid(branch: Any) -> None:
    three_rentals(branch)
    branch.export(
        "payments",
        "20260401",
        "Q2,A1,2026-03-10 09:00:00,30.00,counter,O2",
        "Q1,A1,2026-01-20 09:00:00,10.00,counter,O2",
        "Q3,A1,2026-03-10 09:00:00,50.00,counter,O2",
        "Q4,NOBODY,2026-01-20 09:00:00,10.00,counter,O2",
        "Q5,A1,2026-04-11 09:00:00,10.00,counter,O2",  # after the as-of date
    )
    marts = compute(branch.inbox, branch.book, as_of=date(2026, 4, 10))
    assert applied(marts) == [
        ("Q1", "A1", "2026-01", date(2026, 2, 1), Decimal("10.00")),  # paid before the bill was issued
        ("Q2", "A1", "2026-01", date(2026, 3, 10), Decimal("8.00")),
        ("Q2", "A1", "2026-02", date(2026, 3, 10), Decimal("18.00")),
        ("Q2", "A1", "2026-03", date(2026, 4, 1), Decimal("4.00")),
        ("Q3", "A1", "2026-03", date(2026, 4, 1), Decimal("14.00")),  # 36.00 stay prepaid: April is provisional
    ]
    branches = [row for row in marts["collection_rates"] if row["dimension"] == "agent"]
    assert [(row["billing_period"], row["dimension_id"], row["collection_rate"]) for row in branches] == [
        (period, "G1", Fraction(1)) for period in ("2026-01", "2026-02", "2026-03")
    ]
    assert marts["arrears"] == []
    assert [row["customers"] for row in marts["customer_counts"]] == [1, 1, 1]


def test_arrears_are_aged_from_the_due_date(branch: Any) -> None:
    three_rentals(branch)
    branch.export("payments", "20260401", "Q1,A1,2026-03-10 09:00:00,20.00,counter,O2")
    marts = compute(branch.inbox, branch.book, as_of=date(2026, 4, 25))
    # January is paid, of February (due 25 March, 31 days) 16.00 are open, March is due today and not past due.
    (row,) = marts["arrears"]
    assert (row["settling_account_id"], row["amount"], row["days_past_due"]) == ("A1", Decimal("16.00"), 31)
    assert (row["amount_1_30"], row["amount_31_60"]) == (Decimal(0), Decimal("16.00"))
    (branch_row,) = [
        row for row in marts["collection_rates"] if row["dimension"] == "branch" and row["billing_period"] == "2026-02"
    ]
    assert (branch_row["received"], branch_row["collection_rate"]) == (Decimal("2.00"), Fraction(1, 9))


def test_a_chain_of_two_merges_pays_from_the_last_account(branch: Any) -> None:
    three_rentals(branch)
    branch.export("accounts", "20260105", "A1,C1,counter,,,,", "A2,C1,counter,,,,", "A3,C1,counter,,,,")
    branch.export(
        "account_merges",
        "20260401",
        "M1,A1,A2,2026-02-10 10:00:00,O2",
        "M2,A2,A3,2026-03-10 10:00:00,O2",
        "M3,A3,A9,2026-05-01 00:00:00,O2",  # after the as-of date
    )
    branch.export("payments", "20260401", "Q1,A3,2026-03-11 09:00:00,20.00,counter,O2")
    marts = compute(branch.inbox, branch.book, as_of=date(2026, 4, 30))
    assert applied(marts) == [
        ("Q1", "A1", "2026-01", date(2026, 3, 11), Decimal("18.00")),
        ("Q1", "A1", "2026-02", date(2026, 3, 11), Decimal("2.00")),
    ]
    assert [(row["settling_account_id"], row["amount"]) for row in marts["arrears"]] == [("A3", Decimal("34.00"))]


def test_of_a_circle_the_latest_merge_decides() -> None:
    rows = [
        {"merge_id": "M1", "from_account_id": "A", "into_account_id": "B", "merged_at": datetime(2026, 1, 1)},
        {"merge_id": "M2", "from_account_id": "B", "into_account_id": "A", "merged_at": datetime(2026, 2, 1)},
    ]
    merges = latest_merges(rows, date(2026, 3, 1))
    assert (settling_account("A", merges), settling_account("B", merges)) == ("A", "A")


DETAILS = "D|1|A1|622|18.00|00\nD|2|A1|622|7.00|51\nD|3|A1|622|1.50|00\n"


@pytest.mark.parametrize(
    ("header", "details", "trailer", "status", "agrees"),
    [
        ("3|26.50|2|19.50", DETAILS, "3", "loaded", True),
        ("3|26.50|2|19.50", DETAILS, "4", "held", False),
        ("3|26.51|2|19.50", DETAILS, "3", "held", False),
        ("3|26.50|1|18.00", DETAILS.replace("1.50|00", "1.50|77"), "3", "held", True),  # unknown result code
        ("3|26.50|2|19.50", DETAILS.replace("1.50|00", "1,50|00"), "3", "held", False),  # the line cannot be read
        ("2|25.00|1|18.00", DETAILS.replace("1.50|00", "1,50|00"), "2", "held", True),  # nor told by the totals
        ("3|26.5|2|19.50", DETAILS, "3", "rejected", None),  # no header
    ],
)
def test_debit_batches(branch: Any, header: str, details: str, trailer: str, status: str, agrees: Any) -> None:
    three_rentals(branch)
    branch.deliver("bank/BK", "BK_20260220_07.txt", f"H|BK|B7|2026-01|2026-02-20|{header}\n{details}T|{trailer}\n")
    marts = compute(branch.inbox, branch.book)
    (file,) = [row for row in marts["file_reconciliation"] if row["file_kind"] == "bank"]
    assert file["file_status"] == status
    assert [row["totals_agree"] for row in marts["debit_batches"]] == ([] if agrees is None else [agrees])
    if status == "loaded":
        assert applied(marts) == [("BK:B7:2026-02-20:1", "A1", "2026-01", date(2026, 2, 20), Decimal("18.00"))]
        (failure,) = marts["debit_failures"]
        assert (failure["line"], failure["customer_id"], failure["outlet_id"]) == (2, "C1", "O2")
        assert (failure["cause"], failure["amount"]) == ("insufficient_funds", Decimal("7.00"))
    else:
        assert marts["payment_applications"] == marts["debit_failures"] == []


def test_a_batch_is_paid_once(branch: Any) -> None:
    three_rentals(branch)
    for name in ("BK_20260220_07.txt", "BK_20260221_08.txt"):
        text = f"H|BK|B7|2026-01|2026-02-20|3|26.50|2|19.50\n{DETAILS}T|3\n"
        branch.deliver("bank/BK", name, text if name.endswith("07.txt") else text + "\n")
    marts = compute(branch.inbox, branch.book)
    assert [row["file_status"] for row in marts["file_reconciliation"] if row["file_kind"] == "bank"] == [
        "loaded",
        "held",
    ]
    assert {row["payment_id"] for row in marts["payment_applications"]} == {"BK:B7:2026-02-20:1"}


def test_a_bank_that_counts_its_batches_anew_pays_each_of_them(branch: Any) -> None:
    three_rentals(branch)
    for day in ("2026-02-20", "2026-02-25"):
        text = f"H|BK|B7|2026-01|{day}|3|26.50|2|19.50\n{DETAILS}T|3\n"
        branch.deliver("bank/BK", f"BK_{day.replace('-', '')}_B7.txt", text)
    marts = compute(branch.inbox, branch.book)
    failed = [(row["debited_on"], row["line"]) for row in marts["debit_failures"]]
    assert failed == [(date(2026, 2, 20), 2), (date(2026, 2, 25), 2)]


def commission(branch: Any, as_of: date) -> dict[tuple[str, str], tuple[Decimal, Decimal, Decimal]]:
    return {
        (row["settlement_period"], row["line_kind"]): (row["basis_amount"], row["rate"], row["amount"])
        for row in compute(branch.inbox, branch.book, as_of=as_of)["commission_lines"]
    }


def test_commission_takes_the_tier_of_the_rate_at_the_cut_off(branch: Any) -> None:
    three_rentals(branch)
    branch.export(
        "payments",
        "20260310",
        "Q1,A1,2026-02-20 09:00:00,16.00,counter,O2",  # 16 of 18 of January: 0.889, the tier from 0.80
        "Q2,A1,2026-03-05 09:00:00,20.00,counter,O2",  # 2.00 late for January, then all 18 of February
    )
    assert commission(branch, date(2026, 3, 30)) == {
        ("2026-01", "on_time"): (Decimal("16.00"), Decimal(3), Decimal("0.48")),
    }
    assert commission(branch, date(2026, 3, 31)) == {
        ("2026-01", "on_time"): (Decimal("16.00"), Decimal(3), Decimal("0.48")),
        ("2026-02", "on_time"): (Decimal("18.00"), Decimal(5), Decimal("0.90")),
        ("2026-02", "late"): (Decimal("2.00"), Decimal("1.5"), Decimal("0.03")),
    }
    statements = compute(branch.inbox, branch.book, as_of=date(2026, 3, 31))["commission_statements"]
    assert [(row["settlement_period"], row["amount"]) for row in statements] == [
        ("2026-01", Decimal("0.48")),
        ("2026-02", Decimal("0.93")),
    ]


def test_below_the_lowest_tier_there_is_nothing(branch: Any) -> None:
    three_rentals(branch)
    branch.export("payments", "20260225", "Q1,A1,2026-02-20 09:00:00,14.00,counter,O2")  # 0.778
    assert commission(branch, date(2026, 2, 28)) == {}


def test_activation_and_clawback(branch: Any) -> None:
    branch.owner()
    branch.calls("20260105", 1)
    branch.export(
        "service_numbers",
        "20260301",
        "5550006,A1,X1,,2026-01-10 00:00:00,2026-02-10 00:00:00",  # ended after 31 days: back in February
        "5550002,A1,X1,,2026-01-10 00:00:00,2026-02-10 00:00:00",  # goes on with another plan: stays
        "5550002,A1,X1,PS,2026-02-10 00:00:00,",
        "5550003,A1,X1,,2025-11-11 00:00:00,2026-02-09 00:00:00",  # the 90th day: back, the bonus was in November
        "5550004,A1,X1,,2025-11-11 00:00:00,2026-02-09 00:00:01",  # a second too late
        "5550005,A1,X1,,2024-01-01 00:00:00,2024-02-01 00:00:00",
        "5550005,A1,X1,,2026-01-15 00:00:00,",  # not its first interval
    )
    assert commission(branch, date(2026, 3, 31)) == {
        ("2026-01", "activation"): (Decimal(2), Decimal("20.00"), Decimal("40.00")),
        ("2026-02", "clawback"): (Decimal(2), Decimal("20.00"), Decimal("-40.00")),
    }
