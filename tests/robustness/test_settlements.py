"""A settlement from its cut-off to its lock, and money that becomes known later, worked out by hand.

The agent AG1 gets 4 % of what is applied on time. Account A1's bill of March is 20.00: rental 20.00, calls 1.40 and the promotion that
takes them off. 5.00 are paid at first: 0.20. Then 10.00 of April become known after the lock: 15.00 × 4 % = 0.60, so 0.40 are
restated in April; then 5.00 more, after April is locked: 0.80 in all, so 0.20 in May.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.robustness.branch import Branch

MARCH, APRIL, MAY = "2026-03", "2026-04", "2026-05"
LINES = "settlement_period, line_kind, basis_amount, rate, amount"
LATER = "payment_id,account_id,paid_at,amount,channel,outlet_id\nP1,A1,2026-03-02 09:00:00,5.00,counter,OU1\n"


def money(*texts: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, texts))


def states(branch: Branch) -> dict[str, tuple[str, Decimal]]:
    return {
        period: (state, amount)
        for period, state, amount in branch.mart("settlements", "settlement_period, state, amount")
    }


def published(branch: Branch, *words: str) -> None:
    typed = branch.tollhouse(*words)
    assert typed.exit_code == 0, typed.message


@pytest.fixture
def locked(ran_copy: Branch) -> Branch:
    """The branch with the settlement of March locked at its cut-off."""
    published(ran_copy, "run", "--as-of", "2026-04-30")
    assert states(ran_copy) == {MARCH: ("calculated", Decimal("0.20"))}
    refused = ran_copy.tollhouse("settlement", "lock", MARCH)
    assert refused.exit_code == 1 and "nobody has approved it yet" in refused.message
    published(ran_copy, "settlement", "approve", MARCH)
    assert states(ran_copy)[MARCH] == ("approved", Decimal("0.20"))
    published(ran_copy, "settlement", "lock", MARCH)
    assert states(ran_copy)[MARCH] == ("locked", Decimal("0.20"))
    return ran_copy


def deliver_payments(branch: Branch, day: str, *more: str) -> None:
    branch.deliver("customers", f"payments_{day}.csv", LATER + "".join(f"{line}\n" for line in more))


def test_what_is_locked_does_not_move_and_what_is_known_later_is_restated(locked: Branch) -> None:
    march = (MARCH, "on_time", *money("5.00", "4.000000", "0.20"))
    assert locked.mart("commission_lines", LINES) == [march]

    second = "P2,A1,2026-04-10 09:00:00,10.00,counter,OU1"
    deliver_payments(locked, "20260430", second)
    published(locked, "run", "--as-of", "2026-05-31")
    restated = (APRIL, "locked_restatement", *money("0.40", "100.000000", "0.40"))
    assert locked.mart("commission_lines", LINES) == [march, restated]
    assert states(locked) == {
        MARCH: ("locked", Decimal("0.20")),
        APRIL: ("calculated", Decimal("0.40")),
    }

    published(locked, "settlement", "approve", APRIL)
    published(locked, "settlement", "lock", APRIL)
    deliver_payments(locked, "20260501", second, "P3,A1,2026-04-20 09:00:00,5.00,counter,OU1")
    published(locked, "run")
    assert locked.mart("commission_lines", LINES) == [march, restated]
    columns = "settlement_period, restated_period, line_kind, locked_amount, restated_before, recalculated_amount, amount, reason"
    assert locked.mart("settlement_restatements", columns) == [
        (APRIL, MARCH, "on_time", *money("0.20", "0.00", "0.60", "0.40"), "basis_changed"),
        (MAY, MARCH, "on_time", *money("0.20", "0.40", "0.80", "0.20"), "basis_changed"),
    ]
    assert states(locked)[APRIL] == ("locked", Decimal("0.40"))
    assert dict(locked.mart("settlements", "settlement_period, restated_amount"))[MARCH] == Decimal("0.60")
