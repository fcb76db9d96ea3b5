"""How a promotion line of a bill came about: which promotions of the reference book give just its amount from the lines of its number.

The edition has one promotion line per number and period, and not which subscriptions it is of. So the rules of the contract (section 6)
are applied to the bill's own lines, and what gives the line's amount exactly is named; where nothing does, the amounts are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations
from typing import Any

from dashboards import formats
from dashboards.i18n import Translate
from orchestration.reference_book.reading import ReferenceBook

_CENT = Decimal("0.01")
#: Promotions never count on other promotions, nor on adjustments.
_COUNTED = ("usage", "recurring")
#: So many promotions of one number are tried together.
_MOST_TOGETHER = 2


@dataclass(frozen=True)
class _Credit:
    amount: Decimal
    text: str


def how_it_came(book: ReferenceBook, lines: Sequence[Mapping[str, Any]], amount: Decimal, t: Translate) -> str:
    """In words, how a promotion line of this amount comes from the other lines of its number."""
    by_item: dict[str, Decimal] = {}
    for line in lines:
        if line["line_kind"] in _COUNTED:
            by_item[line["bill_item_id"]] = by_item.get(line["bill_item_id"], Decimal(0)) + line["amount"]
    kinds = {row["bill_item_id"]: row["item_kind"] for row in book.tables["bill_items"]}
    calls = sum((value for item, value in by_item.items() if kinds.get(item) == "call"), Decimal(0))
    rental = sum((value for item, value in by_item.items() if kinds.get(item) == "rental"), Decimal(0))
    credits = [_credit(row, by_item, calls, rental, book, t) for row in book.tables["promotions"]]
    able = [credit for credit in credits if credit.amount]
    for together in range(1, _MOST_TOGETHER + 1):
        found = [
            " + ".join(each.text for each in some)
            for some in combinations(able, together)
            if -sum(each.amount for each in some) == amount
        ]
        if found:
            return t("finance_files.bill.or").join(found)
    return t("finance_files.bill.how_unknown", calls=formats.money(calls), rental=formats.money(rental))


def _credit(
    promotion: Mapping[str, Any],
    by_item: Mapping[str, Decimal],
    calls: Decimal,
    rental: Decimal,
    book: ReferenceBook,
    t: Translate,
) -> _Credit:
    """What a promotion gives on these lines, as a positive amount."""
    name = promotion[f"name_{t.language}"]
    if promotion["kind"] == "rental_match":
        text = t("finance_files.bill.rental_match", name=name, calls=formats.money(calls), rental=formats.money(rental))
        return _Credit(min(calls, rental), text)
    base = by_item.get(promotion["bill_item_id"], Decimal(0))
    items = {row["bill_item_id"]: row[f"name_{t.language}"] for row in book.tables["bill_items"]}
    values = {
        "name": name,
        "item": items.get(promotion["bill_item_id"], promotion["bill_item_id"]),
        "base": formats.money(base),
    }
    value = Decimal(promotion["value"])
    if promotion["kind"] == "percent_off":
        amount = (value * base / 100).quantize(_CENT, ROUND_HALF_UP)
        return _Credit(amount, t("finance_files.bill.percent_off", value=f"{value.normalize():f}", **values))
    credit = value.quantize(_CENT, ROUND_HALF_UP)
    return _Credit(min(credit, base), t("finance_files.bill.fixed_credit", value=formats.money(credit), **values))
