"""Makes the demo city: people, calls, faults, money and exports in order, and the record of what was planted."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from seeds.demo_city.adjustments import plant_adjustments
from seeds.demo_city.awkward_calls import plant_calls
from seeds.demo_city.awkward_people import plant_people
from seeds.demo_city.bank import Bank, plant_debit_accounts
from seeds.demo_city.book import read_book
from seeds.demo_city.calendar import Calendar, next_month
from seeds.demo_city.calls import Texts, Traffic, joined
from seeds.demo_city.estimate import estimate_bills
from seeds.demo_city.exports import write_exports
from seeds.demo_city.faults import Faults, write_stray_files
from seeds.demo_city.files import cut_into_files, number_files, sequence_gaps, write_files
from seeds.demo_city.packaged import plant_packages
from seeds.demo_city.payments import Payments
from seeds.demo_city.pbx import plant_pbx
from seeds.demo_city.people import City, populate
from seeds.demo_city.planted import Planted, write_planted

REFERENCE = Path(__file__).resolve().parent.parent / "reference"
#: Fixed, so that the demo is the same to the byte whenever it is made.
DEFAULT_LAST_DAY = date(2026, 5, 20)


def make_city(
    inbox: Path,
    *,
    subscribers: int = 2000,
    months: int = 3,
    seed: int = 7,
    reference: Path = REFERENCE,
    last_day: date = DEFAULT_LAST_DAY,
) -> dict[str, Any]:
    """Write the city's files into `inbox` (cdr/, bank/, customers/) and `planted.json` beside it; return the latter.

    The last of the months is the running one and ends with `last_day`. The same arguments give the same bytes.
    """
    if subscribers < 1:
        raise ValueError(f"subscribers: {subscribers} is too few; give 1 or more")
    book = read_book(reference)
    calendar = Calendar.of(months, last_day, book.holidays)
    planted = Planted()
    city = City(book, calendar, seed, planted)
    populate(city, subscribers)
    debit_accounts = plant_debit_accounts(city)
    cast = plant_people(city)
    _count_people(city)

    texts = Texts()
    traffic = Traffic(city, texts)
    calls = joined([traffic.all(), plant_calls(city, cast, texts)])
    packaged = plant_packages(city, cast, texts)
    files = cut_into_files(joined([calls, packaged]), texts, book, calendar, traffic.first)
    faults = Faults(files, calendar, planted)
    faults.before_numbering()
    ordered = number_files(files)
    faults.after_numbering()
    planted.add("sequence_gap", *sequence_gaps(ordered))
    cdr_files = write_files(ordered, inbox / "cdr")
    cdr_files += write_stray_files(faults, inbox / "cdr")
    pbx_files = plant_pbx(city, cast, inbox)

    # What packages leave to pay is little: their subscribers pay rental and fees. So is what the few calls of the PBX cost.
    estimates = estimate_bills(city, calls, texts)
    bank = Bank(city, estimates, debit_accounts, inbox / "bank")
    bank.write_all()
    payments = Payments(city, cast, estimates).make(bank.refused)
    city.adjustments = plant_adjustments(city, payments)
    exports = write_exports(city, payments, inbox / "customers")

    facts = {
        "subscribers": subscribers,
        "months": months,
        "seed": seed,
        "first_day": calendar.first_day.isoformat(),
        "last_day": calendar.last_day.isoformat(),
    }
    totals = {
        "lines": len(city.lines),
        "customers": len(city.customers),
        "accounts": len(city.accounts),
        "cdr_files": cdr_files + len(pbx_files),
        "cdr_records": sum(file.records for file in ordered if file.is_delivered)
        + sum(len(file.lines) for file in pbx_files),
        "bank_files": bank.files,
        "payments": len(payments),
        "export_files": exports,
    }
    result = planted.as_dict(facts, totals)
    write_planted(inbox.parent / "planted.json", result)
    return result


def _count_people(city: City) -> None:
    """Count cases that the ordinary population has as well as the planted one."""
    products = city.book.by("products", "product_id")
    last = next_month(city.calendar.last_day)
    prorated = 0
    for sub in city.subscriptions:
        if products[sub.product_id]["proration"] == "daily":
            edges = [sub.valid_from, *([sub.valid_to] if sub.valid_to else [])]
            prorated += any(city.calendar.first_day <= edge < last and edge.day != 1 for edge in edges)
    city.planted.count("prorated_subscription", prorated)
    kinds = {row["promotion_id"]: row["kind"] for row in city.book["promotions"]}
    for kind, count in sorted(Counter(kinds[s.promotion_id] for s in city.subscriptions if s.promotion_id).items()):
        city.planted.count(f"promotion_{kind}", count)
