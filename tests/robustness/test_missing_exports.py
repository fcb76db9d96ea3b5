"""Exports that come one after another: what is known is billed, and no run fails for want of the others."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.robustness.branch import EXPORTS, new_branch


def test_a_subscription_is_billed_before_anybody_knows_whose_account_it_is(tmp_path: Path) -> None:
    """Subscriptions come a delivery before the accounts: 20.00 rental of A1 in February, of a customer not known yet."""
    branch = new_branch(tmp_path / "home")
    branch.deliver_day(2, month=2)
    branch.deliver("customers", "subscriptions_20260301.csv", EXPORTS["subscriptions"])
    typed = branch.tollhouse("run")
    assert typed.exit_code == 0, typed.message
    bill = "account_id, billing_period, customer_id, amount, issued_on"
    owed = Decimal("20.00")
    assert [row for row in branch.mart("bills", bill) if row[1] == "2026-02"] == [
        ("A1", "2026-02", None, owed, date(2026, 3, 1))
    ]
    assert branch.mart("customer_counts") == []

    branch.deliver_exports()
    typed = branch.tollhouse("run")
    assert typed.exit_code == 0, typed.message
    customers = {row[0]: row[2] for row in branch.mart("bills", bill) if row[1] == "2026-02"}
    assert customers == {"A1": "C1", "A2": "C2"}
