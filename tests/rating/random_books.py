"""Random sound tariff books and calls, and the charge of each call by two ways that know nothing of each other: the oracle, which
walks every increment, and the warehouse's models.

Drawn are: band sets with several bands a day on borders of any second, weekdays, weekends and holidays apart or not; tiers,
connect fees, increments 1 to 180 and units that no decimal fraction divides; versions; bands with rows of their own beside
fallback rows, or without any rate; both band rules, all rounding modes, 0 to 6 decimals; calls of up to 7 days, begun near a
border or anywhere; days that count as another weekday.
"""

from __future__ import annotations

import itertools
import shutil
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random

from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.dbt_runner import run_dbt
from tests.dbt.conftest import home
from tests.dbt.multi_band_calls import multi_band_from
from tests.oracle.book import read_book
from tests.oracle.money import round_exact
from tests.oracle.rating import Tariffs, Unrated

FIRST_DAY = date(2026, 2, 20)
DAYS = 24
BAND_IDS = ("day", "evening", "night", "feast")
BORDERS = ("06:00", "07:00", "08:30", "12:00:01", "17:59:59", "18:00", "20:00", "21:07:13", "23:00", "23:59:59")
INCREMENTS = (1, 2, 6, 7, 10, 15, 30, 60, 90, 180)
UNITS = (1, 6, 7, 11, 13, 60, 180, 997, 86399)
TIER_STARTS = (1, 30, 59, 60, 61, 90, 180, 600, 3600)
TARIFF_TABLES = (
    "time_bands",
    "tariff_plans",
    "tariff_rates",
    "zones",
    "destinations",
    "class_plans",
    "holidays",
    "dialling_rules",
)
COMPILED = (
    "int_day_types int_band_stretches int_band_days int_tariff_faults int_tariff_rows int_tariff_versions "
    "int_rating_steps int_rating_starts int_single_band_hours"
)

Call = tuple[str, str, datetime, int]  # plan, zone, start, seconds


@dataclass(frozen=True)
class Charged:
    """Seconds charged, the exact total, and the amount rounded; all None where there is no price."""

    seconds: int | None
    total: Fraction | None
    amount: Decimal | None


def write_book(folder: Path, random: Random, plans: int) -> None:
    """A reference book whose tariffs are drawn; its other tables are the demo city's, emptied where they name plans."""
    shutil.copytree(PROJECT_ROOT / "seeds" / "reference", folder)
    zones = [f"Z{n}" for n in range(4)]
    band_sets = [f"B{n}" for n in range(6)]
    bands = [row for band_set in band_sets for row in _band_rows(band_set, random)]
    plan_rows, rates = [], []
    for n in range(plans):
        band_set = random.choice(band_sets)
        mode, decimals = random.choice(("half_up", "up", "down")), random.randint(0, 6)
        plan_rows.append(f"P{n},{band_set},{random.choice(('increment', 'increment', 'start'))},{mode},{decimals}")
        known = sorted({row.split(",")[-1] for row in bands if row.startswith(f"{band_set},")})
        for zone in zones:
            rates += _rate_rows(f"P{n},{zone}", known, random)
    texts = {
        "time_bands": ["band_set_id,days,starts_at,ends_at,band_id", *bands],
        "tariff_plans": ["tariff_plan_id,band_set_id,band_rule,rounding_mode,rounding_decimals", *plan_rows],
        "tariff_rates": [
            "tariff_plan_id,zone_id,band_id,valid_from,valid_to,connect_fee,from_second,rate,rate_unit_seconds,increment_seconds",
            *rates,
        ],
        "zones": [
            "zone_id,call_category,charged_party,name_zh,name_en",
            *(f"{zone},local,calling,区,Zone" for zone in zones),
        ],
        "destinations": ["prefix,zone_id,valid_from,valid_to"],
        "class_plans": ["customer_class,tariff_plan_id,valid_from,valid_to"],
        "holidays": [
            "holiday_date,name_zh,name_en,counts_as",
            "2026-02-25,节,Feast,",
            "2026-03-07,节,Feast,H",
            "2026-02-28,班,Make-up,3",
        ],
    }
    for table, lines in texts.items():
        (folder / f"{table}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _band_rows(band_set: str, random: Random) -> list[str]:
    """Rows that cover every day wholly and once: weekdays alike or in two kinds, a holiday of its own or not."""
    kinds = random.choice((["1234567"], ["12345", "67"], ["135", "24", "67"]))
    if random.random() < 0.5:
        kinds = random.choice(([*kinds, "H"], [*kinds[:-1], kinds[-1] + "H"]))
    rows = []
    for days in kinds:
        borders = ["00:00", *sorted(random.sample(BORDERS, random.randint(0, 4))), "24:00"]
        for starts_at, ends_at in itertools.pairwise(borders):
            rows.append(f"{band_set},{days},{starts_at},{ends_at},{random.choice(BAND_IDS)}")
    return rows


def _rate_rows(plan_and_zone: str, bands: list[str], random: Random) -> list[str]:
    """One to three versions, one after another: tiers for every band by a fallback, for single bands by rows of their own."""
    changes = sorted(random.sample(range(1, DAYS), random.randint(0, 2)))
    starts = ["2026-01-01", *((FIRST_DAY + timedelta(days=n)).isoformat() for n in changes)]
    rows = []
    for valid_from, valid_to in zip(starts, [*starts[1:], ""], strict=True):
        own = [band for band in bands if random.random() < 0.4]
        has_fallback = random.random() < 0.9
        for band in [*own, *([""] if has_fallback or not own else [])]:
            fee = random.choice(("0", "0", "0.05", "0.333333", "1"))
            # Units that need a common multiple beyond reckoning are a fault of the book; see the robustness tests.
            for from_second in [0, *sorted(random.sample(TIER_STARTS, random.randint(0, 3)))]:
                rate = f"{random.choice((random.randint(0, 99) / 100, random.randint(0, 999999) / 1000000)):.6f}"
                rows.append(
                    f"{plan_and_zone},{band},{valid_from},{valid_to},{fee if from_second == 0 else 0},{from_second},{rate},"
                    f"{random.choice(UNITS)},{random.choice(INCREMENTS)}"
                )
    return rows


def draw_calls(random: Random, plans: int, number: int) -> list[Call]:
    """Calls of the plans, three in ten of them begun within two minutes of a border of the day."""
    calls = []
    for _ in range(number):
        day = datetime.combine(FIRST_DAY + timedelta(days=random.randrange(DAYS)), datetime.min.time())
        if random.random() < 0.3:
            hours, minutes, seconds = [*map(int, random.choice((*BORDERS, "24:00")).split(":")), 0][:3]
            second = (hours * 3600 + minutes * 60 + seconds + random.randint(-120, 60)) % 86400
        else:
            second = random.randrange(86400)
        length = random.choices(
            (
                random.randint(1, 60),
                random.randint(1, 900),
                random.randint(1, 7200),
                random.randint(7200, 86400),
                random.choice((604_800, 86_401, random.randint(86_400, 604_800))),
            ),
            (500, 400, 90, 9, 1),
        )[0]
        calls.append(
            (f"P{random.randrange(plans)}", f"Z{random.randrange(4)}", day + timedelta(seconds=second), length)
        )
    return calls


def charged_by_oracle(folder: Path, calls: list[Call]) -> list[Charged]:
    """Each call, increment by increment."""
    book = read_book(folder)
    tariffs = Tariffs(book)
    found = []
    for plan_id, zone, started_at, seconds in calls:
        plan = book.plans[plan_id]
        try:
            charged_seconds, total = tariffs.charge(plan, zone, started_at, seconds)
        except Unrated:
            found.append(Charged(None, None, None))
            continue
        amount = round_exact(total, plan["rounding_mode"], plan["rounding_decimals"])
        found.append(Charged(charged_seconds, total, amount))
    return found


def charged_by_warehouse(folder: Path, reference: Path, calls: list[Call]) -> list[Charged]:
    """Each call by the compiled tariff and int_calls_charged, in a warehouse of its own."""
    settings: Settings = home(folder, reference)
    days = [FIRST_DAY + timedelta(days=n) for n in range(DAYS)]
    with open_warehouse(settings) as con:
        for day in days:
            con.execute("insert into raw.call_days values (?, ?)", [day, day + timedelta(days=7)])
            con.execute("insert into raw.stale_days values (?)", [day])
        for day in [*days, *(days[-1] + timedelta(days=n) for n in range(1, 8))]:
            con.execute("insert into raw.clock_days values (?)", [day])
    run_dbt(settings, "build", f"{' '.join(TARIFF_TABLES)} {COMPILED}")
    listed = folder / "calls.csv"
    with listed.open("w", encoding="utf-8") as file:
        for number, (plan, zone, started_at, seconds) in enumerate(calls):
            second = started_at.hour * 3600 + started_at.minute * 60 + started_at.second
            file.write(f"{number},{plan},{zone},{started_at:%Y-%m-%d},{second},{seconds}\n")
    with open_warehouse(settings) as con:
        con.execute(
            f"""
            create table intermediate.int_calls_assigned as
            select versions.version_id, calls.*
            from read_csv('{listed}', header = false, columns = {{
                number: 'INTEGER', plan: 'VARCHAR', zone: 'VARCHAR', call_date: 'DATE', start_second: 'INTEGER',
                duration_seconds: 'INTEGER'}}) as calls
            left join intermediate.int_tariff_versions as versions
                on calls.plan = versions.tariff_plan_id and calls.zone = versions.zone_id
                and calls.call_date >= versions.valid_from and calls.call_date < versions.valid_to
            """
        )
        con.execute(
            f"create table intermediate.int_calls_multi_band as {multi_band_from('intermediate.int_calls_assigned')}"
        )
    run_dbt(settings, "build", "int_calls_charged")
    with open_warehouse(settings) as con:
        rows = con.execute(
            "select charged_seconds, total_price, price_denominator, amount from intermediate.int_calls_charged order by number"
        ).fetchall()
    assert len(rows) == len(calls)
    return [
        Charged(seconds, None if total is None else Fraction(total, denominator * 10**6), amount)
        for seconds, total, denominator, amount in rows
    ]


def disagreements(folder: Path, seed: int, plans: int, number: int) -> tuple[int, list[str]]:
    """(how many calls had a price, the first of those on which oracle and warehouse differ) for one random book."""
    random = Random(seed)
    reference = folder / "reference"
    write_book(reference, random, plans)
    calls = draw_calls(random, plans, number)
    expected = charged_by_oracle(reference, calls)
    found = charged_by_warehouse(folder, reference, calls)
    wrong = [
        f"seed {seed}: {call[0]}, {call[1]}, {call[2]}, {call[3]} s: oracle {one}, warehouse {other}"
        for call, one, other in zip(calls, expected, found, strict=True)
        if one != other
    ]
    return sum(one.amount is not None for one in expected), wrong
