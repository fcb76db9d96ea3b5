"""Collection curves, and the receivables month by month: bill by bill, what was paid of each by the end of a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .periods import first_day, last_day, period_of, periods_between
from .settlement import by_bill, money_alone, rate_of

Row = dict[str, Any]
ZERO = Decimal(0)
BUCKETS = {"not_due": "amount_not_due", "1-30": "amount_1_30", "31-60": "amount_31_60", "61-90": "amount_61_90"}


def memberships(bill: Row) -> Iterator[tuple[str, str]]:
    """The members of every dimension that a bill counts for."""
    yield "branch", "branch"
    for dimension in ("business_unit", "agent", "outlet"):
        yield dimension, bill.get(f"{dimension}_id") or "unassigned"
    yield "customer_class", bill["customer_class"] or "unassigned"


def issued(bills: list[Row], applications: list[Row]) -> list[tuple[Row, list[Row]]]:
    """The issued bills with what was applied to each."""
    of_bill = by_bill(applications)
    return [
        (bill, of_bill.get((bill["account_id"], bill["billing_period"]), []))
        for bill in bills
        if not bill["is_provisional"]
    ]


def collection_curves(bills: list[Row], applications: list[Row]) -> list[Row]:
    """Per member, period and day since issue on which the received amount is another than the day before."""
    sums: dict[tuple[str, str, str], dict[int, Decimal]] = {}
    receivable: dict[tuple[str, str, str], Decimal] = {}
    issued_on: dict[str, date] = {}
    for bill, applied in issued(bills, applications):
        issued_on[bill["billing_period"]] = bill["issued_on"]
        for member in memberships(bill):
            key = (*member, bill["billing_period"])
            receivable[key] = receivable.get(key, ZERO) + bill["amount"]
            days = sums.setdefault(key, {0: ZERO})
            for row in applied:
                day = (row["applied_on"] - bill["issued_on"]).days
                days[day] = days.get(day, ZERO) + row["amount"]
    rows = []
    for key, days in sums.items():
        received = ZERO
        for day in sorted(days):
            received += days[day]
            if day == 0 or days[day] != 0:
                dimension, member, period = key
                rows.append(
                    {
                        "dimension": dimension,
                        "dimension_id": member,
                        "billing_period": period,
                        "days_since_issue": day,
                        "issued_on": issued_on[period],
                        "receivable": receivable[key],
                        "received": received,
                        "collection_rate": rate_of(received, receivable[key]),
                    }
                )
    return rows


def bucket_on(bill: Row, day: date) -> str:
    """The age of a bill on a day."""
    late = (day - bill["due_on"]).days
    return next(
        (name for name, most in (("not_due", 0), ("1-30", 30), ("31-60", 60), ("61-90", 90)) if late <= most), "91+"
    )


def open_on(bill: Row, applied: list[Row], day: date) -> Decimal:
    """What is open of a bill at the end of a day; nothing before it is issued."""
    if bill["issued_on"] > day:
        return ZERO
    return Decimal(bill["amount"]) - sum((row["amount"] for row in applied if row["applied_on"] <= day), ZERO)


def months_of(bills: list[Row], applications: list[Row], as_of: date) -> Iterator[tuple[str, date, Row, list[Row]]]:
    """Per month and bill that is issued by its end: the last day that counts, the bill, its applications."""
    for bill, applied in issued(bills, applications):
        for month in periods_between(period_of(bill["issued_on"]), period_of(as_of)):
            yield month, min(last_day(month), as_of), bill, applied


def receivables_kpis(bills: list[Row], settled: list[Row], as_of: date) -> list[Row]:
    """Per month and member: open, billed, received, written off, open again, DSO and CEI. Rows in which nothing is are left out."""
    sums: dict[tuple[str, str, str], dict[str, Decimal]] = {}
    for month, until, bill, applied in months_of(bills, settled, as_of):
        before = open_on(bill, applied, first_day(month) - timedelta(days=1))
        after = open_on(bill, applied, until)
        billed = bill["amount"] if period_of(bill["issued_on"]) == month else ZERO
        of_month = [row for row in applied if period_of(row["applied_on"]) == month]
        received = sum((row["amount"] for row in money_alone(of_month)), ZERO)
        found = {
            "opening_receivable": before,
            "billed": billed,
            "received": received,
            "written_off": sum((row["amount"] for row in of_month), ZERO) - received,
            "closing_receivable": after,
            "closing_not_due": after if bucket_on(bill, until) == "not_due" else ZERO,
        }
        for member in memberships(bill):
            held = sums.setdefault((month, *member), dict.fromkeys(found, ZERO))
            for name, amount in found.items():
                held[name] += amount
    return [
        {
            "month": month,
            "dimension": dimension,
            "dimension_id": member,
            "until_day": min(last_day(month), as_of),
            "days_in_month": last_day(month).day,
            **held,
            "closing_past_due": held["closing_receivable"] - held["closing_not_due"],
            "collectible": (collectible := held["opening_receivable"] + held["billed"] - held["closing_not_due"]),
            "days_sales_outstanding": (
                Fraction(held["closing_receivable"]) * last_day(month).day / Fraction(held["billed"])
                if held["billed"]
                else None
            ),
            "collection_effectiveness": rate_of(
                held["opening_receivable"] + held["billed"] - held["written_off"] - held["closing_receivable"],
                collectible,
            ),
        }
        for (month, dimension, member), held in sums.items()
        if any(held.values())
    ]


def roll_rates(bills: list[Row], settled: list[Row], as_of: date) -> list[Row]:
    """Per month, member and bucket at the end of the month before: what was there, was paid, was written off, and is where at the end."""
    names = ("from_amount", "paid_amount", "written_off_amount", "rolled_amount", *BUCKETS.values(), "amount_91_plus")
    sums: dict[tuple[str, str, str, str], dict[str, Decimal]] = {}
    for month, until, bill, applied in months_of(bills, settled, as_of):
        day_before = first_day(month) - timedelta(days=1)
        is_new = period_of(bill["issued_on"]) == month
        bucket = "billed" if is_new else bucket_on(bill, day_before)
        there = bill["amount"] if is_new else open_on(bill, applied, day_before)
        rolled = open_on(bill, applied, until)
        of_month = [row for row in applied if period_of(row["applied_on"]) == month]
        given_up = sum((row["amount"] for row in of_month), ZERO) - sum(
            (row["amount"] for row in money_alone(of_month)), ZERO
        )
        for member in memberships(bill):
            held = sums.setdefault((month, *member, bucket), dict.fromkeys(names, ZERO))
            held["from_amount"] += there
            held["written_off_amount"] += given_up
            held["paid_amount"] += there - given_up - rolled
            held["rolled_amount"] += rolled
            held[BUCKETS.get(bucket_on(bill, until), "amount_91_plus")] += rolled
    return [
        {
            "month": month,
            "dimension": dimension,
            "dimension_id": member,
            "from_bucket": bucket,
            "until_day": min(last_day(month), as_of),
            **held,
            "roll_rate": rate_of(held["rolled_amount"], held["from_amount"]),
        }
        for (month, dimension, member, bucket), held in sums.items()
        if any(held.values())
    ]
