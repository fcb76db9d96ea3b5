"""Charges, credits and write-offs that a person approved, worked out by hand.

Account A1's bill of March is 20.00: rental 20.00, calls 1.40 and the promotion that takes them off. A credit of 3.00 makes it 17.00.
5.00 are paid on 2 March, so 12.00 are open from its issue on, and 12.00 are written off on 20 April.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.robustness.branch import Branch

MARCH, APRIL = "2026-03", "2026-04"
HEADER = (
    "adjustment_id,account_id,kind,amount,dated_on,bill_item_id,service_number,reason,prepared_by,approved_by,"
    "reverses_adjustment_id\n"
)
CREDIT = "J1,A1,credit,3.00,2026-03-20,RENTAL,2200001,fault of 18 March,lin,chen,"
CHARGE = "J2,A1,charge,2.50,2026-04-05,RENTAL,,call-out,lin,chen,"
WRITE_OFF = "W1,A1,write_off,12.00,2026-04-20,,,moved away,lin,chen,"
REVERSAL = "V1,A1,write_off_reversal,12.00,2026-04-28,,,found again,lin,chen,W1"
PAYMENTS = "payment_id,account_id,paid_at,amount,channel,outlet_id\nP1,A1,2026-03-02 09:00:00,5.00,counter,OU1\n"


def deliver(branch: Branch, table: str, day: str, *lines: str) -> None:
    header = {"account_adjustments": HEADER, "payments": PAYMENTS}[table]
    branch.deliver("customers", f"{table}_{day}.csv", header + "".join(f"{line}\n" for line in lines))


def published(branch: Branch, *words: str) -> None:
    typed = branch.tollhouse(*words)
    assert typed.exit_code == 0, typed.message


def money(*texts: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, texts))


def counted(branch: Branch) -> dict[str, tuple[Decimal, str | None]]:
    rows = branch.mart("account_adjustments", "adjustment_id, counted_amount, fault")
    return {name: (amount, fault) for name, amount, fault in rows}


def bills_of_a1(branch: Branch) -> dict[str, Decimal]:
    return {
        period: amount
        for account, period, amount in branch.mart("bills", "account_id, billing_period, amount")
        if account == "A1"
    }


def collected(branch: Branch, period: str) -> tuple[Decimal, ...]:
    """Receivable, received and written off of the agent's bills, which are A1's."""
    rows = branch.mart("collection_rates", "billing_period, dimension, dimension_id, receivable, received, written_off")
    return next(row[3:] for row in rows if row[:3] == (period, "agent", "AG1"))


def arrears(branch: Branch) -> dict[str, Decimal]:
    return dict(branch.mart("arrears", "settling_account_id, amount"))


def bulletin(branch: Branch) -> dict[str, str]:
    return {
        subject: detail
        for kind, subject, detail in branch.mart("problem_bulletin", "kind, subject, detail")
        if kind == "adjustment_not_counted"
    }


@pytest.fixture
def written_off(ran_copy: Branch) -> Branch:
    """The branch on 30 April, with a credit, a charge and a write-off."""
    deliver(ran_copy, "account_adjustments", "20260430", CREDIT, CHARGE, WRITE_OFF)
    published(ran_copy, "run", "--as-of", "2026-04-30")
    return ran_copy


def test_they_stand_on_bills_and_are_no_payment(written_off: Branch) -> None:
    assert counted(written_off) == {
        "J1": (Decimal("-3.00"), None),
        "J2": (Decimal("2.50"), None),
        "W1": (Decimal("12.00"), None),
    }
    lines = written_off.mart(
        "bill_lines", "account_id, service_number, billing_period, bill_item_id, line_kind, amount"
    )
    assert [line for line in lines if line[4] == "manual_adjustment"] == [
        ("A1", "", APRIL, "RENTAL", "manual_adjustment", Decimal("2.50")),
        ("A1", "2200001", MARCH, "RENTAL", "manual_adjustment", Decimal("-3.00")),
    ]
    assert bills_of_a1(written_off) == {MARCH: Decimal("17.00"), APRIL: Decimal("22.50")}
    assert collected(written_off, MARCH) == money("17.00", "5.00", "12.00")
    assert "A1" not in arrears(written_off)
    columns = "adjustment_id, account_id, billing_period, amount"
    assert written_off.mart("bill_write_offs", columns) == [("W1", "A1", MARCH, Decimal("12.00"))]
    assert [row[0] for row in written_off.mart("payment_applications", "payment_id, account_id") if row[1] == "A1"] == [
        "P1"
    ]
    # 5.00 of 17.00 were received: 4 % of 5.00, and nothing for what was given up.
    assert written_off.mart("commission_lines", "settlement_period, line_kind, basis_amount, amount") == [
        (MARCH, "on_time", *money("5.00", "0.20"))
    ]
    balance = {
        (step, item): amount
        for period, step, item, amount in written_off.mart(
            "revenue_balance_monthly", "billing_period, step, item, amount"
        )
        if period == MARCH
    }
    assert balance["settlement", "written_off"] == Decimal("12.00")
    assert balance["line", "manual_adjustment"] == Decimal("-3.00")


def test_who_paid_before_has_nothing_written_off(written_off: Branch) -> None:
    deliver(written_off, "payments", "20260501", "P2,A1,2026-04-15 09:00:00,12.00,counter,OU1")
    published(written_off, "run")
    assert counted(written_off)["W1"] == (Decimal("0.00"), "above_open_amount")
    assert collected(written_off, MARCH) == money("17.00", "17.00", "0.00")
    assert bulletin(written_off) == {
        "W1": "adjustment W1 of 12.00 for account A1 does not count: the account had only 0.00 open at the end of its day"
    }


def test_money_that_comes_later_pays_the_next_bill_until_the_write_off_is_taken_back(written_off: Branch) -> None:
    deliver(written_off, "payments", "20260501", "P2,A1,2026-04-25 09:00:00,12.00,counter,OU1")
    published(written_off, "run", "--as-of", "2026-05-02")
    assert collected(written_off, MARCH) == money("17.00", "5.00", "12.00")
    assert collected(written_off, APRIL) == money("22.50", "12.00", "0.00")

    deliver(written_off, "account_adjustments", "20260502", CREDIT, CHARGE, WRITE_OFF, REVERSAL)
    published(written_off, "run")
    assert counted(written_off)["V1"] == (Decimal("-12.00"), None)
    assert collected(written_off, MARCH) == money("17.00", "17.00", "0.00")
    assert collected(written_off, APRIL) == money("22.50", "0.00", "0.00")
    assert sorted(written_off.mart("bill_write_offs", "adjustment_id, cast(written_off_on as varchar), amount")) == [
        ("W1", "2026-04-20", Decimal("12.00")),
        ("W1", "2026-04-28", Decimal("-12.00")),
    ]


def test_write_offs_of_an_account_are_decided_in_their_order(ran_copy: Branch) -> None:
    """15.00 are open: 10.00 count, 6.00 are too much, 5.00 more count, and 4.00 of the first come back for 4.00 of a new one."""
    deliver(
        ran_copy,
        "account_adjustments",
        "20260430",
        "W1,A1,write_off,10.00,2026-04-10,,,gone,lin,chen,",
        "W2,A1,write_off,6.00,2026-04-10,,,gone,lin,chen,",
        "W3,A1,write_off,5.00,2026-04-11,,,gone,lin,chen,",
        "V4,A1,write_off_reversal,4.00,2026-04-12,,,back,lin,chen,W1",
        "V5,A1,write_off_reversal,7.00,2026-04-12,,,back,lin,chen,W1",
        "V6,A1,write_off_reversal,1.00,2026-04-12,,,back,lin,chen,W2",
        "W7,A1,write_off,4.00,2026-04-13,,,gone,lin,chen,",
    )
    published(ran_copy, "run", "--as-of", "2026-04-30")
    assert counted(ran_copy) == {
        "W1": (Decimal("10.00"), None),
        "W2": (Decimal("0.00"), "above_open_amount"),
        "W3": (Decimal("5.00"), None),
        "V4": (Decimal("-4.00"), None),
        "V5": (Decimal("0.00"), "above_write_off"),
        "V6": (Decimal("0.00"), "write_off_unknown"),
        "W7": (Decimal("4.00"), None),
    }
    assert collected(ran_copy, MARCH) == money("20.00", "5.00", "15.00")


def test_what_is_not_approved_by_two_or_cannot_be_placed_is_named(ran_copy: Branch) -> None:
    wrong = {
        "N1": ("A1,credit,1.00,2026-03-20,RENTAL,,x,lin,,", "not_approved", "nobody has approved it"),
        "N2": (
            "A1,credit,1.00,2026-03-20,RENTAL,,x,Lin,lin ,",
            "approved_by_preparer",
            "who prepared it has approved it (lin), and another person has to",
        ),
        "N3": ("A1,credit,1.00,2026-03-20,RENTAL,,x,,chen,", "no_preparer", "it does not say who prepared it"),
        "N4": (
            "A9,credit,1.00,2026-03-20,RENTAL,,x,lin,chen,",
            "account_unknown",
            "no accounts export has its account",
        ),
        "N5": (
            "A1,gift,1.00,2026-03-20,RENTAL,,x,lin,chen,",
            "kind_unknown",
            "its kind gift is none of charge, credit, write_off and write_off_reversal",
        ),
        "N6": (
            "A1,charge,1.00,2026-03-20,NOWHERE,,x,lin,chen,",
            "bill_item_unknown",
            "its bill item NOWHERE is not in the reference book",
        ),
        "N7": (
            "A1,credit,1.00,2026-02-20,RENTAL,,x,lin,chen,",
            "before_first_period",
            "it is dated before the first billing period",
        ),
    }
    deliver(ran_copy, "account_adjustments", "20260430", *(f"{name},{line}" for name, (line, _, _) in wrong.items()))
    published(ran_copy, "run", "--as-of", "2026-04-30")
    assert counted(ran_copy) == {name: (Decimal("0.00"), fault) for name, (_, fault, _) in wrong.items()}
    assert bills_of_a1(ran_copy)[MARCH] == Decimal("20.00")
    said = bulletin(ran_copy)
    assert said.keys() == wrong.keys()
    for name, (_, _, words) in wrong.items():
        assert said[name].endswith(f"does not count: {words}")


def test_a_closed_bill_keeps_its_adjustments_and_later_ones_land_in_the_open_period(written_off: Branch) -> None:
    published(written_off, "close", MARCH)
    late = "J9,A1,credit,1.00,2026-03-25,RENTAL,,late,lin,chen,"
    deliver(written_off, "account_adjustments", "20260501", CREDIT.replace("3.00", "4.00"), CHARGE, WRITE_OFF, late)
    published(written_off, "run")
    bills = bills_of_a1(written_off)
    assert (bills[MARCH], bills[APRIL]) == money("17.00", "21.50")
    assert counted(written_off)["J1"] == (Decimal("-3.00"), "changed_after_closing")
    assert counted(written_off)["J9"] == (Decimal("-1.00"), None)
    assert bulletin(written_off)["J1"].endswith("correct it by another charge or credit")
    doctor = written_off.tollhouse("doctor", "--deep")
    assert doctor.exit_code == 0, doctor.message


def test_an_amount_that_is_not_above_zero_is_set_aside(ran_copy: Branch) -> None:
    ran_copy.add("gate_thresholds", "export_rows,,1")  # not held for its only row
    deliver(ran_copy, "account_adjustments", "20260430", CREDIT.replace("3.00", "-3.00"))
    published(ran_copy, "run", "--as-of", "2026-04-30")
    assert counted(ran_copy) == {}
    records = ran_copy.mart("customer_records_incomplete", "export_table, field, rule_en")
    assert ("account_adjustments", "amount", "the line cannot be read: the field is not above 0") in records
