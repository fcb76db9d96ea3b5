"""Bills: usage, recurring and promotion lines of every open period, and the bills that they sum to."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .book import Book
from .exports import Exports
from .money import to_cents
from .periods import due_date, first_day, issue_date, last_day
from .records import Record

Row = dict[str, Any]
LineKey = tuple[str, str, str, str]  # account_id, service_number, billing_period, bill_item_id
Lines = dict[LineKey, Decimal]


def usage_lines(records: list[Record], book: Book) -> Lines:
    """The sum of the call amounts per account, number, period and item, rounded once."""
    sums: Lines = {}
    for record in records:
        if record.state != "rated":
            continue
        assert record.zone is not None and record.interval is not None
        item = book.categories[record.zone["call_category"]]["bill_item_id"]
        key = (record.interval["account_id"], record.charged_number, record.billing_period, item)
        sums[key] = sums.get(key, Decimal(0)) + record.amount
    return {key: to_cents(amount) for key, amount in sums.items()}


def days_in_force(subscription: Row, period: str) -> int:
    """On how many days of the period the subscription is in force."""
    days = 0
    day = first_day(period)
    while day <= last_day(period):
        if subscription["valid_from"] <= day and (subscription["valid_to"] is None or day < subscription["valid_to"]):
            days += 1
        day += timedelta(days=1)
    return days


def recurring_lines(subscriptions: list[Row], period: str, book: Book) -> Lines:
    """The monthly fee of every subscription in force on at least one day of the period."""
    sums: Lines = {}
    for subscription in subscriptions:
        product = book.products.get(subscription["product_id"])
        days = days_in_force(subscription, period)
        if product is None or days == 0:
            continue
        fee = to_cents(product["monthly_fee"])
        if product["proration"] == "daily":
            fee = to_cents(Fraction(product["monthly_fee"]) * days / last_day(period).day)
        key = (subscription["account_id"], subscription["service_number"], period, product["bill_item_id"])
        sums[key] = sums.get(key, Decimal(0)) + fee
    return sums


def credit(promotion: Row, lines: Lines, book: Book) -> Decimal:
    """What one promotion takes off the usage and recurring lines of its account and number (positive)."""

    def of_kind(kind: str) -> Decimal:
        amounts = (amount for key, amount in lines.items() if book.bill_items.get(key[3], {}).get("item_kind") == kind)
        return sum(amounts, Decimal(0))

    of_item = sum((amount for key, amount in lines.items() if key[3] == promotion["bill_item_id"]), Decimal(0))
    if promotion["kind"] == "rental_match":
        return min(of_kind("call"), of_kind("rental"))
    if promotion["kind"] == "percent_off":
        return to_cents(Fraction(promotion["value"]) * Fraction(of_item) / 100)
    if promotion["kind"] == "fixed_credit":
        return to_cents(min(promotion["value"], of_item))
    raise ValueError(f"no promotion kind {promotion['kind']!r}")


def lines_by_number(*kinds: Lines) -> dict[tuple[str, str, str], Lines]:
    """The sums of the lines of several kinds, by account, number and period."""
    grouped: dict[tuple[str, str, str], Lines] = {}
    for lines in kinds:
        for key, amount in lines.items():
            own = grouped.setdefault(key[:3], {})
            own[key] = own.get(key, Decimal(0)) + amount
    return grouped


def promotion_lines(subscriptions: list[Row], periods: list[str], charges: list[Lines], book: Book) -> Lines:
    """The credits of the subscriptions with a promotion, over the charges of their account and number."""
    charged = lines_by_number(*charges)
    item = book.discount_item()
    sums: Lines = {}
    for subscription in subscriptions:
        promotion = book.promotions.get(subscription["promotion_id"])
        if promotion is None:
            continue
        assert item is not None, "the book has no discount item"
        for period in periods:
            if days_in_force(subscription, period) == 0:
                continue
            own = (subscription["account_id"], subscription["service_number"], period)
            line = (*own, item)
            sums[line] = sums.get(line, Decimal(0)) - credit(promotion, charged.get(own, {}), book)
    return sums


def bill_lines(
    records: list[Record], exports: Exports, book: Book, periods: list[str], by_hand: Lines | None = None
) -> list[Row]:
    """One row per account, number, period, item and line kind; none of 0."""
    subscriptions = exports.subscriptions
    usage = usage_lines(records, book)
    recurring: Lines = {}
    for period in periods:
        recurring |= recurring_lines(subscriptions, period, book)
    promotions = promotion_lines(subscriptions, periods, [usage, recurring], book)
    rows = []
    kinds = {"usage": usage, "recurring": recurring, "promotion": promotions, "manual_adjustment": by_hand or {}}
    for line_kind, lines in kinds.items():
        for (account_id, number, period, item), amount in lines.items():
            if amount != 0:
                rows.append(
                    {
                        "account_id": account_id,
                        "service_number": number,
                        "billing_period": period,
                        "bill_item_id": item,
                        "line_kind": line_kind,
                        "amount": amount,
                    }
                )
    return rows


def bills(lines: list[Row], exports: Exports, as_of: date) -> list[Row]:
    """One row per account and period: the sum of its lines, with whose it is as fixed on the issue date."""
    sums: dict[tuple[str, str], Decimal] = {}
    for line in lines:
        key = (line["account_id"], line["billing_period"])
        sums[key] = sums.get(key, Decimal(0)) + line["amount"]
    rows = []
    for (account_id, period), amount in sums.items():
        issued_on = issue_date(period)
        customer_id, customer = exports.customer_at(account_id, issued_on)
        fixed = customer or {}
        rows.append(
            {
                "account_id": account_id,
                "billing_period": period,
                "customer_id": customer_id,
                "customer_class": fixed.get("customer_class") or None,
                "business_unit_id": fixed.get("business_unit_id") or None,
                "agent_id": fixed.get("agent_id") or None,
                "outlet_id": fixed.get("outlet_id") or None,
                "amount": amount,
                "issued_on": issued_on,
                "due_on": due_date(period),
                "is_provisional": issued_on > as_of,
            }
        )
    return rows
