"""Charges, credits and write-offs by hand: a few that count, and the planted ones that do not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice

from seeds.demo_city.book import Row
from seeds.demo_city.people import City, Line

#: Below any month's rental, so that it is open of every issued bill that nobody paid.
_WRITTEN_OFF = "5.00"
_ABOVE_ANY_BILL = "99999.00"


def plant_adjustments(city: City, payments: list[Row]) -> list[Row]:
    """The rows of the export, in the order of their days. They are of the running month, or of an account that never paid: in a city
    so small that everybody has, one line's payments are left out."""
    if not city.calendar.ended_months():
        return []  # nobody has had a bill to pay
    day = city.calendar.month_starts[-1]
    lines = list(islice(_lines(city, payments, have_paid=True), 6))
    if len(lines) < 6:
        return []
    adjusted = iter(lines)
    unpaid = next(_lines(city, payments, have_paid=False), None)
    if unpaid is None:
        unpaid = lines[-1]
        payments[:] = [row for row in payments if row["account_id"] != unpaid.account.account_id]
    rows: list[Row] = []

    def add(line: Line, kind: str, amount: str, item: str, reason: str, approved_by: str = "chen.y") -> str:
        rows.append(
            {
                "adjustment_id": f"J{len(rows) + 1:05d}",
                "account_id": line.account.account_id,
                "kind": kind,
                "amount": amount,
                "dated_on": day.isoformat(),
                "bill_item_id": item,
                "service_number": line.interval.service_number if item else "",
                "reason": reason,
                "prepared_by": "lin.x",
                "approved_by": approved_by,
                "reverses_adjustment_id": "",
            }
        )
        return str(rows[-1]["adjustment_id"])

    items = {row["item_kind"]: row["bill_item_id"] for row in city.book["bill_items"]}
    add(next(adjusted), "credit", "6.00", items["rental"], "line out of order for six days")
    add(next(adjusted), "charge", "20.00", items["other"], "change of the number on request")
    city.planted.add(
        "adjustment_not_counted",
        add(next(adjusted), "credit", "30.00", items["rental"], "goodwill", approved_by=""),
        add(next(adjusted), "credit", "8.00", items["rental"], "goodwill", approved_by="lin.x"),
        add(next(adjusted), "write_off", _ABOVE_ANY_BILL, "", "estate without heirs"),
    )
    city.planted.add("write_off", add(unpaid, "write_off", _WRITTEN_OFF, "", "moved away, no address"))
    return rows


def _lines(city: City, payments: list[Row], *, have_paid: bool) -> Iterator[Line]:
    """Lines of counter accounts that settle for themselves and were there from the first day on, those that have paid or those that
    never did; each account once."""
    paid = {row["account_id"] for row in payments}
    seen = {row[side] for row in city.merges for side in ("from_account_id", "into_account_id")}
    first = city.calendar.first_day
    for line in city.lines:
        account = line.account
        if (
            account.account_id not in seen
            and account.payment_method == "counter"
            and (account.account_id in paid) == have_paid
            and account.opened_on < first
            and (account.known_from, account.gone_from) == (date.min, date.max)
            and line.rental.valid_from < first
            and line.rental.valid_to is None
            and not line.quiet
        ):
            seen.add(account.account_id)
            yield line
