"""The same work record by record in plain Python, as mediation programs do it: a dict for each look-up, a set of seen keys,
whole numbers for money, the prefixes of a dialled number found once. Rated calls go to a CSV file.
"""

from __future__ import annotations

import csv
import time
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from tests.benchmarks.outcome import Outcome
from tests.benchmarks.tariff import Book, Start
from tests.benchmarks.workload import Workload, read_table

_Holder = tuple[str, str, str, str, str, str, str, str, str | None]


def run(made: Workload, book: Book, day: date, work: Path, threads: int) -> Outcome:
    """Do the work once, in one thread."""
    del threads
    begun = time.perf_counter()
    holders = _holders(made, book)
    starts = {(start.plan, start.zone, start.hour): start for start in book.starts}
    roundings = {rounding.plan: rounding for rounding in book.roundings}
    seconds = {"holders": round(time.perf_counter() - begun, 3)}
    lengths = sorted({len(prefix) for prefix in book.destinations}, reverse=True)
    prefix_of: dict[str, str | None] = {}
    seen: set[tuple[str, ...]] = set()
    states: Counter[str] = Counter()
    usage: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    today, yesterday, period = day.isoformat(), (day - timedelta(days=1)).isoformat(), f"{day:%Y-%m}"
    midnight = datetime(day.year, day.month, day.day)
    begun = time.perf_counter()
    with (work / "rated_calls.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        for path in made.call_files():
            switch = path.name.split("_")[0]
            exchange = book.exchanges[switch]
            with path.open(encoding="utf-8", newline="") as file:
                reader = csv.reader(file)
                next(reader)
                for number, calling, called, group_in, group_out, started, duration_text, _ in reader:
                    duration = int(duration_text)
                    began_on = started[:10]
                    if began_on != today and not (
                        began_on == yesterday
                        and datetime.fromisoformat(started) + timedelta(seconds=duration) >= midnight
                    ):
                        states["other_day"] += 1
                        continue
                    key = (switch, calling, called, started, duration_text, group_in, group_out)
                    if key in seen:
                        states["duplicate"] += 1
                        continue
                    seen.add(key)
                    if duration == 0:
                        states["not_answered"] += 1
                        continue
                    if called in prefix_of:
                        prefix = prefix_of[called]
                    else:
                        prefix = next((called[:n] for n in lengths if called[:n] in book.destinations), None)
                        prefix_of[called] = prefix
                    zone = None if prefix is None else book.destinations[prefix]
                    category, item, is_to_called = ("", "", False) if zone is None else book.zones[zone]
                    if group_in and not is_to_called:
                        states["not_charged"] += 1
                        continue
                    charged_number = called if is_to_called else calling
                    holder = next((h for h in holders.get(charged_number, ()) if h[0] <= started < h[1]), None)
                    if holder is None:
                        states["undocumented"] += 1
                        continue
                    plan = holder[8]
                    start = starts.get((plan, zone, int(started[11:13]))) if plan and zone else None
                    if start is None:
                        states["unrated"] += 1
                        continue
                    second = int(started[11:13]) * 3_600 + int(started[14:16]) * 60 + int(started[17:19])
                    price, charged = charge(start, second, duration)
                    rounding = roundings[start.plan]
                    amount = (price * rounding.factor + rounding.offset) // rounding.divisor * rounding.unit
                    states["rated"] += 1
                    line = usage[holder[2], charged_number, item]
                    line[0] += 1
                    line[1] += amount
                    line[2] += charged
                    writer.writerow((
                        f"{path.stem}:{number}", switch, exchange, group_in, group_out, calling, called, charged_number, started,
                        began_on, duration, *holder[2:8], path.name, number, prefix, zone, category, item, plan, charged,
                        f"{amount // 1_000_000}.{amount % 1_000_000:06d}", period,
                    ))  # fmt: skip
    seconds["every record"] = round(time.perf_counter() - begun, 3)
    return Outcome(
        dict(states),
        Decimal(sum(line[1] for line in usage.values())) / 1_000_000,
        sum(line[2] for line in usage.values()),
        len(usage),
        seconds,
    )


def charge(start: Start, second: int, duration: int) -> tuple[int, int]:
    """Price in parts and seconds charged: tier by tier, in the band of the start and then in the next."""
    price, elapsed = start.connect_price, 0
    room = min(duration, start.band_ends - second)
    for tiers, until in ((start.first, room), (start.then, duration)):
        for reach, increment, each in (
            (min(until, tiers.until), tiers.increment, tiers.price),
            (until, tiers.increment_after, tiers.price_after),
        ):
            if elapsed < reach:
                count = -(-(reach - elapsed) // increment)
                price += count * each
                elapsed += count * increment
    return price, elapsed


def _holders(made: Workload, book: Book) -> dict[str, list[_Holder]]:
    accounts = {row["account_id"]: row["customer_id"] for row in read_table(made.export("accounts"))}
    customers = {row["customer_id"]: row for row in read_table(made.export("customers"))}
    holders: dict[str, list[_Holder]] = {}
    for row in read_table(made.export("service_numbers")):
        customer = customers[accounts[row["account_id"]]]
        plan = row["tariff_plan_id"] or book.class_plans.get(customer["customer_class"])
        holders.setdefault(row["service_number"], []).append((
            row["valid_from"], row["valid_to"] or "9999", row["account_id"], customer["customer_id"], customer["customer_class"],
            customer["business_unit_id"], customer["agent_id"], customer["outlet_id"], plan,
        ))  # fmt: skip
    return holders
