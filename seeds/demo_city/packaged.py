"""Subscribers with packages (套餐), and calls dialled with access codes: what is included, used up, capped and stripped.

They are planted after everything else and on separate lines, so that the rest of the city does not change. The calls of each month
are in the morning of its seventh day, in a file that already has planted calls. The packages come from the reference book.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from seeds.demo_city.awkward_calls import PlantedCalls
from seeds.demo_city.awkward_people import Cast, quiet_line
from seeds.demo_city.calls import Calls, Texts
from seeds.demo_city.people import City

#: Parts whose accounts pay after all others, for the same reason.
PARTS = ("talker", "household", "office", "saver")
SEVENTH = timedelta(days=6)


def plant_packages(city: City, cast: Cast, texts: Texts) -> Calls:
    """Plant the subscribers, their subscriptions and every call of theirs."""
    mornings = [start for month in city.calendar.month_starts if (start := month + SEVENTH) < city.calendar.last_day]
    _people(city, cast)
    calls = PlantedCalls(city, texts)
    for number, day in enumerate(mornings):
        _talker(calls, cast, day, is_first=number == 0)
        _household(calls, cast, day, is_first=number == 0)
        _office(calls, cast, day)
        _saver(calls, cast, day)
    return calls.table()


def _people(city: City, cast: Cast) -> None:
    """One has an hour of local calls for a number, two numbers share an amount, one's half hour begins in the last month."""
    before = city.calendar.first_day - timedelta(days=60)
    for part in ("talker", "household", "saver"):
        cast.lines[part] = quiet_line(city)
    cast.lines["office"] = quiet_line(city, "business")
    owner = cast["household"]
    number, number_range = city.numbers.draw("residential", "BU01")
    cast.lines["household_2"] = city.add_line(
        owner.customer, owner.account, number, number_range["exchange_id"], before, quiet=True
    )
    late = city.calendar.month_starts[-1] + timedelta(days=3)
    for part, product, starts in (
        ("talker", "PACK_LOCAL", before),
        ("household", "PACK_DISTANCE", before),
        ("office", "PACK_OFFICE", late),
    ):
        line = cast[part]
        city.subscribe(line.account, line.interval.service_number, product, starts)
        city.planted.add(
            "package_subscription", {"account_id": line.account.account_id, "product_id": product, "from": str(starts)}
        )


def _at(day: date, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day} {clock}")


def _talker(calls: PlantedCalls, cast: Cast, day: date, is_first: bool) -> None:
    """Of 3600 s of local calls a call uses 3000; of the next call's 1500 s 600 are included, then none; later months use little."""
    planted, talker = calls.city.planted, cast["talker"]
    if is_first:
        key = calls.call(talker, "2200113", _at(day, "07:00:10"), 3000)
        planted.add("package_covers_call", {**key, "package_id": "LOCAL_HOUR"})
        key = calls.call(talker, "2200114", _at(day, "08:00:10"), 1500)
        planted.add("package_used_up", {**key, "package_id": "LOCAL_HOUR"})
        key = calls.call(talker, "2200113", _at(day, "08:40:10"), 150)
        planted.add("package_spent", {**key, "package_id": "LOCAL_HOUR"})
        return
    key = calls.call(talker, "2200113", _at(day, "08:40:10"), 150)
    planted.add("package_covers_call", {**key, "package_id": "LOCAL_HOUR"})
    planted.add(
        "package_with_rest",
        {"account_id": talker.account.account_id, "billing_period": f"{day:%Y-%m}", "package_id": "LOCAL_HOUR"},
    )


def _household(calls: PlantedCalls, cast: Cast, day: date, is_first: bool) -> None:
    """Two numbers share 10.00 of long-distance calls: 7.00 by one, and the other's 10.50 in the first month."""
    planted, household = calls.city.planted, cast["household"]
    key = calls.call(household, "01065529988", _at(day, "07:00:20"), 600, leave="T0102")
    planted.add("package_covers_call", {**key, "package_id": "FAMILY_DISTANCE"})
    if is_first:
        key = calls.call(cast["household_2"], "02165529988", _at(day, "07:30:20"), 900, leave="T0102")
        planted.add("package_used_up", {**key, "package_id": "FAMILY_DISTANCE"})
        return
    planted.add(
        "package_with_rest",
        {"account_id": household.account.account_id, "billing_period": f"{day:%Y-%m}", "package_id": "FAMILY_DISTANCE"},
    )


def _office(calls: PlantedCalls, cast: Cast, day: date) -> None:
    """2000 s of long distance a month; 1800 are included once the subscription is in force."""
    key = calls.call(cast["office"], "02065529988", _at(day, "09:00:20"), 2000, leave="T0102")
    if day < calls.city.calendar.month_starts[-1]:
        calls.city.planted.add("package_not_yet_subscribed", key)
    else:
        calls.city.planted.add("package_used_up", {**key, "package_id": "OFFICE_DISTANCE"})


def _saver(calls: PlantedCalls, cast: Cast, day: date) -> None:
    """Calls with the IP access code 17969, whose plan has a maximum price, and one with the own area code."""
    planted, saver = calls.city.planted, cast["saver"]
    for clock, rest, seconds in (("10:00:30", "01065529988", 600), ("10:12:30", "0085223456789", 90)):
        key = calls.call(saver, f"17969{rest}", _at(day, clock), seconds, leave="T0106")
        planted.add("dialled_access_code", {**key, "access_code": "17969", "rated_number": rest})
    key = calls.call(saver, "1796902165529988", _at(day, "10:15:30"), 3000, leave="T0106")
    planted.add("price_cap_reached", key)
    key = calls.call(saver, "05482200115", _at(day, "11:10:30"), 150)
    planted.add("dialled_own_area_code", {**key, "access_code": "0548", "rated_number": "2200115"})
