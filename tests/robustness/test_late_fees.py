"""Late fees worked out by hand: off without a rule, a percent a day of what is unpaid, billed by the closing, capped at the principal.

Account A1's bill of March is 20.00, due on 25 April 2026; 5.00 are paid before. At 1 % a day 15.00 bear 0.15 a day from 26 April on.
"""

from __future__ import annotations

from decimal import Decimal

from tests.robustness.branch import Branch

MARCH, APRIL, MAY = "2026-03", "2026-04", "2026-05"
RULES = "valid_from,valid_to,percent_per_day,bill_item_id\n"
PAYMENTS = "payment_id,account_id,paid_at,amount,channel,outlet_id\nP1,A1,2026-03-02 09:00:00,5.00,counter,OU1\n"


def published(branch: Branch, *words: str) -> None:
    typed = branch.tollhouse(*words)
    assert typed.exit_code == 0, typed.message


def fees(branch: Branch, account: str = "A1") -> list[tuple[str, str, int, Decimal]]:
    rows = branch.mart("late_fees", "account_id, unpaid_period, fee_period, days, amount")
    return sorted(row[1:] for row in rows if row[0] == account)


def lines(branch: Branch) -> list[tuple[str, str, Decimal]]:
    rows = branch.mart("bill_lines", "account_id, billing_period, line_kind, bill_item_id, amount")
    return sorted((row[1], row[3], row[4]) for row in rows if row[0] == "A1" and row[2] == "late_fee")


def bill(branch: Branch, period: str) -> Decimal:
    rows = branch.mart("bills", "account_id, billing_period, amount")
    return next(amount for account, of, amount in rows if (account, of) == ("A1", period))


def test_without_a_rule_there_is_no_fee(ran_copy: Branch) -> None:
    published(ran_copy, "run", "--as-of", "2026-06-01")
    assert ran_copy.mart("late_fees", "account_id") == []


def test_each_day_bears_its_percent_of_what_is_unpaid_and_a_closing_bills_it(ran_copy: Branch) -> None:
    ran_copy.write_table("late_fee_rules", f"{RULES}2026-01-01,,1,RENTAL\n")
    ran_copy.deliver("customers", "payments_20260504.csv", f"{PAYMENTS}P2,A1,2026-05-03 10:00:00,9.00,counter,OU1\n")
    published(ran_copy, "run", "--as-of", "2026-05-04")
    # 26 to 30 April: 5 days of 15.00. 1 and 2 May: 2 days of 15.00; on 3 and 4 May 6.00 are unpaid.
    assert fees(ran_copy) == [(MARCH, APRIL, 5, Decimal("0.75")), (MARCH, MAY, 4, Decimal("0.42"))]
    assert lines(ran_copy) == []

    published(ran_copy, "close", MARCH)
    assert lines(ran_copy) == []  # no day of March bore a fee
    published(ran_copy, "close", APRIL)
    assert lines(ran_copy) == [(MAY, "RENTAL", Decimal("0.75"))]
    assert bill(ran_copy, MAY) == Decimal("20.75")

    # A payment of 30 April becomes known after the closing: on that day only 5.00 were unpaid, so 0.10 of April go back.
    late = f"{PAYMENTS}P2,A1,2026-05-03 10:00:00,9.00,counter,OU1\nP3,A1,2026-04-30 10:00:00,10.00,counter,OU1\n"
    ran_copy.deliver("customers", "payments_20260601.csv", late)
    published(ran_copy, "run", "--as-of", "2026-06-01")
    # 24.00 paid: 20.00 for March, 4.00 for April's bill of 20.00. March: 4 days of 15.00, 1 of 5.00; in May 2 days of 5.00.
    # April's 16.00 are unpaid from 26 May on: 6 days, and 1 June. May's bill is not overdue, and its fee bears none.
    assert fees(ran_copy) == [
        (MARCH, APRIL, 5, Decimal("0.65")),
        (MARCH, MAY, 2, Decimal("0.10")),
        (APRIL, MAY, 6, Decimal("0.96")),
        (APRIL, "2026-06", 1, Decimal("0.16")),
    ]
    published(ran_copy, "close", MAY)
    # By the end of May 0.65 + 0.10 + 0.96 = 1.71, of which 0.75 are billed.
    assert lines(ran_copy) == [(MAY, "RENTAL", Decimal("0.75")), ("2026-06", "RENTAL", Decimal("0.96"))]
    doctor = ran_copy.tollhouse("doctor", "--deep")
    assert doctor.exit_code == 0, doctor.message


def test_the_fees_of_a_bill_never_exceed_it(ran_copy: Branch) -> None:
    """At 40 % a day the 15.00 of April bear 30.00 by 30 April: 20.00 count. Two rules that follow each other share the days."""
    rules = "2026-01-01,2026-04-28,10,RENTAL\n2026-04-28,,40,RENTAL\n"
    ran_copy.write_table("late_fee_rules", RULES + rules)
    published(ran_copy, "run", "--as-of", "2026-04-29")
    # 26 and 27 April at 10 %: 3.00. 28 and 29 April at 40 %: 12.00.
    assert fees(ran_copy) == [(MARCH, APRIL, 4, Decimal("15.00"))]
    published(ran_copy, "run", "--as-of", "2026-05-02")
    assert fees(ran_copy) == [(MARCH, APRIL, 5, Decimal("20.00")), (MARCH, MAY, 2, Decimal("0.00"))]


def test_a_fee_is_rounded_once_as_a_running_total(ran_copy: Branch) -> None:
    """0.033 % of 15.00 are 0.00495 a day: 5 days 0.02475 → 0.02; with 3 days of May 0.0396 → 0.04, so May adds 0.02."""
    ran_copy.write_table("late_fee_rules", f"{RULES}2026-01-01,,0.033,RENTAL\n")
    published(ran_copy, "run", "--as-of", "2026-05-03")
    assert fees(ran_copy) == [(MARCH, APRIL, 5, Decimal("0.02")), (MARCH, MAY, 3, Decimal("0.02"))]
