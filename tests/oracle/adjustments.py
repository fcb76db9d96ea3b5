"""Charges, credits and write-offs that a person approved, and late fees. Told row by row and day by day; no period is closed here."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .book import Book
from .exports import Exports
from .money import to_cents
from .periods import period_of
from .settlement import credit_of, matching, money_left, reversals_by_account, settling_account

Row = dict[str, Any]
ZERO = Decimal(0)
KINDS = ("charge", "credit", "write_off", "write_off_reversal")


def fault_of(row: Row, exports: Exports, book: Book, periods: list[str]) -> str | None:
    """Why an adjustment does not count, apart from the amount of a write-off."""
    prepared, approved = (row[name].strip().lower() for name in ("prepared_by", "approved_by"))
    if row["kind"] not in KINDS:
        return "kind_unknown"
    if not exports.is_known_account(row["account_id"]):
        return "account_unknown"
    if not approved:
        return "not_approved"
    if not prepared:
        return "no_preparer"
    if approved == prepared:
        return "approved_by_preparer"
    if row["kind"] in ("charge", "credit") and row["bill_item_id"] not in book.bill_items:
        return "bill_item_unknown"
    return "before_first_period" if period_of(row["dated_on"]) < periods[0] else None


def checked(exports: Exports, book: Book, periods: list[str], as_of: date) -> list[Row]:
    """The adjustments dated up to the as-of date, each with its fault."""
    return [
        row | {"fault": fault_of(row, exports, book, periods)}
        for row in exports.adjustments
        if row["dated_on"] <= as_of and periods
    ]


def signed(row: Row) -> Decimal:
    """What a charge or credit adds to its bill."""
    return -row["amount"] if row["kind"] == "credit" else row["amount"]


def manual_lines(adjustments: list[Row]) -> dict[tuple[str, str, str, str], Decimal]:
    """The charges and credits per account, number, period and bill item."""
    sums: dict[tuple[str, str, str, str], Decimal] = {}
    for row in adjustments:
        if row["fault"] is None and row["kind"] in ("charge", "credit"):
            key = (row["account_id"], row["service_number"], period_of(row["dated_on"]), row["bill_item_id"])
            sums[key] = sums.get(key, ZERO) + signed(row)
    return sums


def decided_write_offs(
    adjustments: list[Row], bills: list[Row], payments: list[Row], merges: dict[str, Row]
) -> list[Row]:
    """The write-offs and their reversals with what could count and what does, one after the other."""
    money = [*payments, *(credit_of(bill) for bill in bills if not bill["is_provisional"] and bill["amount"] < 0)]
    going_back = reversals_by_account(payments, merges)
    decided: list[Row] = []
    asked = [row for row in adjustments if row["fault"] is None and row["kind"] in ("write_off", "write_off_reversal")]
    for row in sorted(asked, key=lambda row: (row["dated_on"], row["adjustment_id"])):
        settling = settling_account(row["account_id"], merges)
        before = [other for other in decided if other["settling_account_id"] == settling and other["fault"] is None]
        if row["kind"] == "write_off":
            possible = open_amount(settling, row["dated_on"], bills, money, going_back, before, merges)
            fault = None if row["amount"] <= possible else "above_open_amount"
        else:
            possible = sum(
                (
                    other["counted_amount"]
                    for other in before
                    if row["reverses_adjustment_id"]
                    and row["reverses_adjustment_id"] in (other["adjustment_id"], other["reverses_adjustment_id"])
                ),
                ZERO,
            )
            fault = None if row["amount"] <= possible else "above_write_off" if possible > 0 else "write_off_unknown"
        counted = ZERO if fault else row["amount"] if row["kind"] == "write_off" else -row["amount"]
        decided.append(
            row
            | {
                "settling_account_id": settling,
                "possible_amount": possible,
                "counted_amount": counted,
                "fault": fault,
            }
        )
    return decided


def open_amount(
    settling: str,
    day: date,
    bills: list[Row],
    money: list[Row],
    going_back: dict[str, list[Row]],
    write_offs: list[Row],
    merges: dict[str, Row],
) -> Decimal:
    """What the bills of a settling account have open at the end of a day."""
    own_bills = [
        bill
        for bill in sorted(bills, key=lambda row: (row["billing_period"], row["account_id"]))
        if not bill["is_provisional"]
        and bill["amount"] > 0
        and bill["issued_on"] <= day
        and settling_account(bill["account_id"], merges) == settling
    ]
    own_money = [
        row
        for row in sorted(money, key=lambda row: (row["paid_at"], row["payment_id"]))
        if row["amount"] > 0 and settling_account(row["account_id"], merges) == settling
    ]
    left = money_left(own_money, going_back.get(settling, []), write_offs, day)
    billed = sum((bill["amount"] for bill in own_bills), ZERO)
    return billed - sum(matching(own_bills, left).values(), ZERO)


def account_adjustments(adjustments: list[Row], write_offs: list[Row], exports: Exports, as_of: date) -> list[Row]:
    """Every adjustment with what counts of it."""
    decided = {row["adjustment_id"]: row for row in write_offs}
    rows = []
    for row in adjustments:
        _, customer = exports.customer_at(row["account_id"], as_of)
        found = decided.get(row["adjustment_id"], row)
        is_billed = found["fault"] is None and row["kind"] in ("charge", "credit")
        rows.append(
            {name: row[name] or None for name in ("bill_item_id", "reason", "prepared_by", "approved_by")}
            | {
                name: row[name]
                for name in ("adjustment_id", "account_id", "kind", "amount", "dated_on", "service_number")
            }
            | {
                "business_unit_id": (customer or {}).get("business_unit_id") or None,
                "outlet_id": (customer or {}).get("outlet_id") or None,
                "billing_period": period_of(row["dated_on"]) if is_billed else None,
                "reverses_adjustment_id": row["reverses_adjustment_id"] or None,
                "possible_amount": found.get("possible_amount"),
                "counted_amount": signed(row) if is_billed else found.get("counted_amount", ZERO),
                "fault": found["fault"],
            }
        )
    return rows


def bill_write_offs(settled: list[Row]) -> list[Row]:
    """The parts of write-offs on bills."""
    return [
        {
            "adjustment_id": row["payment_id"].removeprefix("write_off:"),
            "account_id": row["account_id"],
            "billing_period": row["billing_period"],
            "written_off_on": row["applied_on"],
            "amount": row["amount"],
        }
        for row in settled
        if row["payment_id"].startswith("write_off:")
    ]


def late_fees(bills: list[Row], settled: list[Row], book: Book, as_of: date) -> list[Row]:
    """The fee of every day after the due date, added up month by month."""
    rows = []
    for bill in bills:
        if bill["is_provisional"] or bill["amount"] <= 0:
            continue
        own = [
            row
            for row in settled
            if (row["account_id"], row["billing_period"]) == (bill["account_id"], bill["billing_period"])
        ]
        fee, borne = Fraction(0), ZERO
        months: dict[str, Row] = {}
        day = bill["due_on"] + timedelta(days=1)
        while day <= as_of:
            unpaid = bill["amount"] - sum((row["amount"] for row in own if row["applied_on"] <= day), ZERO)
            for rule in book.tables.get("late_fee_rules", []):
                if rule["valid_from"] <= day and (rule["valid_to"] is None or day < rule["valid_to"]) and unpaid > 0:
                    month = months.setdefault(period_of(day), {"days": 0, "item": rule["bill_item_id"]})
                    month["days"] += 1
                    fee += Fraction(unpaid) * Fraction(rule["percent_per_day"]) / 100
                    month["fee"] = fee
            day += timedelta(days=1)
        for name, month in months.items():
            now = min(bill["amount"], to_cents(month["fee"]))
            rows.append(
                {
                    "account_id": bill["account_id"],
                    "unpaid_period": bill["billing_period"],
                    "fee_period": name,
                    "bill_item_id": month["item"],
                    "days": month["days"],
                    "principal": bill["amount"],
                    "amount": now - borne,
                }
            )
            borne = now
    return rows
