"""A rough guess of each account's monthly bill, so that the payments look real. Bills proper are the product's work.

A whole call is priced in the band in which it starts, in floating point: exact to a few fen, which is enough for
payments.
"""

from __future__ import annotations

import calendar as gregorian
from datetime import date, datetime

import numpy as np

from seeds.demo_city.book import Book, Row
from seeds.demo_city.calendar import next_month
from seeds.demo_city.calls import DAY, Calls, Texts, wall_seconds
from seeds.demo_city.people import City

Estimates = dict[tuple[str, date], float]
SIGNS = str.maketrans("", "", " -().#*")


def estimate_bills(city: City, calls: Calls, texts: Texts) -> Estimates:
    """About what each account will be billed, by account and first day of the month."""
    book, months = city.book, city.calendar.month_starts
    items = [row["bill_item_id"] for row in book["bill_items"]]
    places = {(line.account.account_id, line.interval.service_number): n for n, line in enumerate(city.lines)}
    amounts = np.zeros((len(city.lines), len(months), len(items)))
    _add_calls(city, calls, texts, amounts, items)
    products = book.by("products", "product_id")
    for sub in city.subscriptions:
        place = places.get((sub.account_id, sub.service_number))
        if place is not None:
            product = products[sub.product_id]
            item = items.index(product["bill_item_id"])
            for number, month in enumerate(months):
                amounts[place, number, item] += _fee(product, month, sub.valid_from, sub.valid_to)
    totals = amounts.sum(axis=2) - _credits(city, amounts, items, places)
    estimates: Estimates = {}
    for (account_id, _), place in places.items():
        for number, month in enumerate(months):
            estimates[account_id, month] = estimates.get((account_id, month), 0.0) + float(totals[place, number])
    return {key: round(amount, 2) for key, amount in estimates.items()}


def _fee(product: Row, month: date, starts: date, ends: date | None) -> float:
    following = next_month(month)
    days = (min(ends or following, following) - max(starts, month)).days
    if days <= 0:
        return 0.0
    fee = float(product["monthly_fee"])
    if product["proration"] == "none":
        return fee
    return round(fee * days / gregorian.monthrange(month.year, month.month)[1] + 1e-9, 2)


def _credits(city: City, amounts: np.ndarray, items: list[str], places: dict[tuple[str, str], int]) -> np.ndarray:
    """What promotions take off, by line and month."""
    credits = np.zeros(amounts.shape[:2])
    kinds = [row["item_kind"] for row in city.book["bill_items"]]
    calls = [n for n, kind in enumerate(kinds) if kind == "call"]
    rentals = [n for n, kind in enumerate(kinds) if kind == "rental"]
    promotions = city.book.by("promotions", "promotion_id")
    for sub in city.subscriptions:
        place = places.get((sub.account_id, sub.service_number))
        if not sub.promotion_id or place is None:
            continue
        promotion = promotions[sub.promotion_id]
        if promotion["kind"] == "rental_match":
            credits[place] += np.minimum(amounts[place][:, calls].sum(axis=1), amounts[place][:, rentals].sum(axis=1))
            continue
        base = amounts[place, :, items.index(promotion["bill_item_id"])]
        value = float(promotion["value"])
        credits[place] += base * value / 100 if promotion["kind"] == "percent_off" else np.minimum(value, base)
    return credits


def _add_calls(city: City, calls: Calls, texts: Texts, amounts: np.ndarray, items: list[str]) -> None:
    """Add each own line's charged calls to its month and bill item."""
    book, first_day = city.book, city.calendar.first_day
    mine = calls.take(np.flatnonzero((calls.line >= 0) & (calls.duration > 0) & (calls.trunk_in == 0)))
    zones = [row["zone_id"] for row in book["zones"] if row["charged_party"] == "calling"]
    plans = [row["tariff_plan_id"] for row in book["tariff_plans"]]
    called, inverse = np.unique(mine.called, return_inverse=True)
    zone = _zones_of([texts.values[place] for place in called], book, zones, first_day)[inverse]
    plan = _plans_of(city, mine, plans)
    first = wall_seconds(datetime.combine(first_day, datetime.min.time()))
    amount = np.zeros(len(mine))
    for number, row in enumerate(book["tariff_plans"]):
        held = np.flatnonzero((plan == number) & (zone >= 0))
        bands = _bands_at(book, row["band_set_id"], city, mine.start[held], first)
        for zone_number, zone_id in enumerate(zones):
            for band in np.unique(bands):
                part = held[(zone[held] == zone_number) & (bands == band)]
                amount[part] = _price(book, row, zone_id, str(band), mine.start[part], mine.duration[part])
    month_of_day = np.array([city.calendar.month_starts.index(day.replace(day=1)) for day in city.calendar.days])
    category = {row["call_category"]: items.index(row["bill_item_id"]) for row in book["call_categories"]}
    zone_rows = book.by("zones", "zone_id")
    item_of_zone = np.array([category[zone_rows[zone_id]["call_category"]] for zone_id in zones])
    month = month_of_day[(mine.start - first) // DAY]
    np.add.at(amounts, (mine.line, month, item_of_zone[zone]), amount)


def _plans_of(city: City, calls: Calls, plans: list[str]) -> np.ndarray:
    """The place of each call's plan: the number's own, else its class's at the start; -1 where there is none."""
    own = [line.interval.tariff_plan_id for line in city.lines]
    plan = np.array([plans.index(name) if name else -1 for name in own])[calls.line]
    has_own = plan >= 0
    classes = np.array([line.customer.customer_class for line in city.lines])[calls.line]
    for row in city.book["class_plans"]:
        begins = wall_seconds(datetime.fromisoformat(row["valid_from"]))
        ends = wall_seconds(datetime.fromisoformat(row["valid_to"] or "9999-12-31"))
        held = ~has_own & (classes == row["customer_class"]) & (calls.start >= begins) & (calls.start < ends)
        plan[held] = plans.index(row["tariff_plan_id"])
    return np.asarray(plan)


def _zones_of(numbers: list[str], book: Book, zones: list[str], first_day: date) -> np.ndarray:
    """The zone of each number by longest prefix, or -1; prefixes in force at the city's first day."""
    prefixes = {
        row["prefix"]: zones.index(row["zone_id"]) if row["zone_id"] in zones else -1
        for row in book["destinations"]
        if row["valid_from"] <= first_day.isoformat()
        and not (row["valid_to"] and row["valid_to"] <= first_day.isoformat())
    }
    longest = max(len(prefix) for prefix in prefixes)
    found = np.full(len(numbers), -1)
    for place, number in enumerate(numbers):
        digits = number.translate(SIGNS).replace("+", "00")
        for length in range(min(longest, len(digits)), 0, -1):
            if digits[:length] in prefixes:
                found[place] = prefixes[digits[:length]]
                break
    return found


def _bands_at(book: Book, band_set_id: str, city: City, starts: np.ndarray, first: int) -> np.ndarray:
    """The band at each start."""
    rows = [row for row in book["time_bands"] if row["band_set_id"] == band_set_id]
    has_holidays = any("H" in row["days"] for row in rows)
    names = sorted({row["band_id"] for row in rows})
    table = np.zeros((8, 1440), dtype=np.int64)
    for row in rows:
        for day in row["days"]:
            table[7 if day == "H" else int(day) - 1, _minute(row["starts_at"]) : _minute(row["ends_at"])] = names.index(
                row["band_id"]
            )
    kinds = [
        7 if has_holidays and day in city.calendar.holidays else book.make_up_days.get(day, day.isoweekday()) - 1
        for day in city.calendar.days
    ]
    seconds = starts - first
    return np.asarray(np.array(names)[table[np.array(kinds)[seconds // DAY], seconds % DAY // 60]])


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")[:2]
    return int(hours) * 60 + int(minutes)


def _price(book: Book, plan: Row, zone_id: str, band: str, starts: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    rates = [
        row
        for row in book["tariff_rates"]
        if row["tariff_plan_id"] == plan["tariff_plan_id"] and row["zone_id"] == zone_id
    ]
    amount = np.zeros(len(starts))
    for version in {(row["valid_from"], row["valid_to"]) for row in rates}:
        of_version = [row for row in rates if (row["valid_from"], row["valid_to"]) == version]
        tiers = [row for row in of_version if row["band_id"] == band] or [r for r in of_version if not r["band_id"]]
        begins, ends = (wall_seconds(datetime.fromisoformat(text or "9999-12-31")) for text in version)
        held = (starts >= begins) & (starts < ends)
        if tiers:
            amount[held] = _tiered(sorted(tiers, key=lambda row: int(row["from_second"])), seconds[held])
    scale = 10 ** int(plan["rounding_decimals"])
    rounded = {"up": np.ceil(amount * scale - 1e-7), "down": np.floor(amount * scale + 1e-7)}
    return np.asarray(rounded.get(plan["rounding_mode"], np.floor(amount * scale + 0.5 + 1e-7)) / scale)


def _tiered(tiers: list[Row], seconds: np.ndarray) -> np.ndarray:
    total = np.full(len(seconds), float(tiers[0]["connect_fee"]))
    for place, tier in enumerate(tiers):
        begins = int(tier["from_second"])
        within = seconds if place + 1 == len(tiers) else np.minimum(seconds, int(tiers[place + 1]["from_second"]))
        increment = int(tier["increment_seconds"])
        increments = np.ceil(np.maximum(within - begins, 0) / increment)
        total += increments * float(tier["rate"]) * increment / float(tier["rate_unit_seconds"])
    return total
