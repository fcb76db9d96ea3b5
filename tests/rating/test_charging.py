"""Single charges by a small book, worked out by hand. That the warehouse says the same is shown in tests/integration."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from orchestration.rating.charging import Charge, charge_call, exact_text, rounded
from orchestration.rating.dialling import DialledNumber
from orchestration.rating.tariffs import NoCharge, Tariffs
from orchestration.reference_book.reading import read_reference_book
from orchestration.settings import PROJECT_ROOT

BOOK = {
    "zones": "zone_id,call_category,charged_party,name_zh,name_en\nZ,local,calling,区,Zone\nY,local,calling,区,Zone\n",
    "destinations": "prefix,zone_id,valid_from,valid_to\n,Z,2026-01-01,\n9,Y,2026-01-01,2026-05-01\n8,NONE,2026-01-01,\n",
    "holidays": "holiday_date,name_zh,name_en,counts_as\n2026-10-01,国庆,National Day,\n2026-10-10,补班,Make-up workday,4\n",
    "time_bands": """band_set_id,days,starts_at,ends_at,band_id
DN,12345,07:00,21:00,day
DN,12345,00:00,07:00,night
DN,12345,21:00,24:00,night
DN,67H,00:00,24:00,night
HOLE,1234567,00:00,23:59,all
""",
    "tariff_plans": """tariff_plan_id,band_set_id,band_rule,rounding_mode,rounding_decimals
P,DN,increment,half_up,2
START,DN,start,half_up,2
SEVENTHS,DN,increment,up,2
BROKEN,HOLE,increment,half_up,2
""",
    "tariff_rates": """tariff_plan_id,zone_id,band_id,valid_from,valid_to,connect_fee,from_second,rate,rate_unit_seconds,increment_seconds
P,Z,,2026-01-01,,0.05,0,0.60,60,60
P,Z,,2026-01-01,,0,120,0.40,60,60
P,Z,night,2026-01-01,,0,0,0.20,60,60
P,Z,night,2026-01-01,,0,120,0.10,60,60
START,Z,,2026-01-01,,0,0,0.60,60,60
START,Z,night,2026-01-01,,0,0,0.20,60,60
SEVENTHS,Z,,2026-01-01,,0.01,0,0.10,7,1
BROKEN,Z,,2026-01-01,,0,0,0.10,60,60
P,Y,night,2026-01-01,,0,0,0.20,60,60
START,Y,,2026-01-01,,0,0,-0.60,60,60
SEVENTHS,Y,,2026-01-01,,0,30,0.10,60,60
""",
    "class_plans": """customer_class,tariff_plan_id,valid_from,valid_to
residential,P,2026-01-01,
staff,P,2026-01-01,
staff,START,2026-03-01,
""",
}


@pytest.fixture(scope="module")
def tariffs(tmp_path_factory: pytest.TempPathFactory) -> Tariffs:
    """The book above, its other tables those of the demo city."""
    folder = tmp_path_factory.mktemp("book") / "reference"
    shutil.copytree(PROJECT_ROOT / "seeds" / "reference", folder)
    for table in (
        "number_ranges",
        "zone_groups",
        "price_caps",
        "packages",
    ):  # they name plans and zones of the demo city
        rows = (folder / f"{table}.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / f"{table}.csv").write_text(rows[0], encoding="utf-8")
    for table, text in BOOK.items():
        (folder / f"{table}.csv").write_text(text, encoding="utf-8")
    return Tariffs(read_reference_book(folder))


def charge(tariffs: Tariffs, plan: str, at: str, seconds: int, number: str = "123") -> Charge:
    """A call of the plan."""
    return charge_call(tariffs, tariffs.plan(plan), DialledNumber(number), datetime.fromisoformat(at), seconds)


def test_tiers_count_from_the_start_whatever_the_band(tariffs: Tariffs) -> None:
    """Wednesday 20:58:30, 200 s: two minutes begin by day, 0.60 each; from second 120 on it is night's second tier, 0.10 each."""
    found = charge(tariffs, "P", "2026-03-04 20:58:30", 200)
    assert found.charge_steps == "day/0:2 night/120:2"
    assert (found.connect_fee, found.unrounded, found.amount) == (Decimal("0.05"), Fraction("1.45"), Decimal("1.45"))
    assert (found.charged_seconds, found.rate_valid_from) == (240, date(2026, 1, 1))
    assert [step.begins_at.time().isoformat() for step in found.steps] == ["20:58:30", "21:00:30"]


def test_the_band_at_the_start_holds_for_the_whole_call_where_the_plan_says_so(tariffs: Tariffs) -> None:
    """The same call by the band at its start: 4 × 0.60; begun at night on a holiday, 4 × 0.20."""
    assert charge(tariffs, "START", "2026-03-04 20:58:30", 200).charge_steps == "day/0:4"
    assert charge(tariffs, "START", "2026-03-04 20:58:30", 200).amount == Decimal("2.40")
    assert charge(tariffs, "START", "2026-10-01 12:00:00", 200).amount == Decimal("0.80")


def test_a_total_that_no_decimal_holds_is_a_fraction(tariffs: Tariffs) -> None:
    """0.01 + 10 ÷ 7 × 0.10 = 1/100 + 1/7 = 107/700 = 0.15285…, up to 0.16."""
    found = charge(tariffs, "SEVENTHS", "2026-03-04 10:00:00", 10)
    assert (found.unrounded, exact_text(found.unrounded), found.amount) == (
        Fraction(107, 700),
        "107/700",
        Decimal("0.16"),
    )


def test_a_stretch_ends_at_midnight_though_the_band_goes_on(tariffs: Tariffs) -> None:
    """Friday 23:59:30, 150 s: 0.20 on Friday and 0.20 on Saturday, then the second tier, 0.10; connect fee of night is 0."""
    found = charge(tariffs, "P", "2026-03-06 23:59:30", 150)
    assert (found.charge_steps, found.amount) == ("night/0:1 night/0:1 night/120:1", Decimal("0.50"))


def test_a_call_of_seven_days_is_charged_by_the_bands_of_each(tariffs: Tariffs) -> None:
    """From Monday 00:00: two minutes of night at 0.20; then night at 0.10 (5 x 10 h and 2 x 24 h, 5 880 minutes, less two) and day at
    0.40 (5 x 14 h, 4 200 minutes): 0.40 + 587.80 + 1 680.00."""
    found = charge(tariffs, "P", "2026-03-02 00:00:00", 604_800)
    assert (found.charged_seconds, found.amount) == (604_800, Decimal("2268.20"))
    assert found.charge_steps.endswith("night/120:1440 night/120:1440")


def test_a_make_up_workday_has_the_bands_of_its_weekday(tariffs: Tariffs) -> None:
    """Saturday 10 October counts as a Thursday: by day 0.05 + 0.60; the Saturday after is night all day, 0.20."""
    assert charge(tariffs, "P", "2026-10-10 10:00:00", 60).amount == Decimal("0.65")
    assert charge(tariffs, "P", "2026-10-17 10:00:00", 60).amount == Decimal("0.20")


@pytest.mark.parametrize(
    ("plan", "at", "number", "why"),
    [
        ("P", "2025-12-31 10:00:00", "123", "no destination prefix in force on 2025-12-31 starts 123"),
        ("P", "2026-03-04 10:00:00", "812", "zone NONE of prefix 8 is not in zones.csv (destinations.csv line 4)"),
        ("NONE", "2026-03-04 10:00:00", "123", "plan NONE is not in tariff_plans.csv"),
        ("BROKEN", "2026-03-04 10:00:00", "123", "band set HOLE does not cover day"),
        ("P", "2026-03-04 20:59:59", "912", "plan P, zone Y has no rate in band day, which the call reaches"),
        (
            "START",
            "2026-03-04 10:00:00",
            "912",
            "neither rate nor connect_fee may be below 0 (tariff_rates.csv line 11)",
        ),
        (
            "SEVENTHS",
            "2026-03-04 10:00:00",
            "912",
            "the lowest from_second is 30, it must be 0 (tariff_rates.csv line 12)",
        ),
    ],
)
def test_no_rate_is_never_nothing_to_pay(tariffs: Tariffs, plan: str, at: str, number: str, why: str) -> None:
    with pytest.raises(NoCharge) as fault:
        charge(tariffs, plan, at, 60, number)
    assert why in str(fault.value)


def test_the_longest_prefix_in_force_counts(tariffs: Tariffs) -> None:
    """9 leads to zone Y until May; then the empty prefix, which starts every number, is the longest."""
    assert tariffs.zone_of("912", date(2026, 4, 30))[0] == "9"
    assert tariffs.zone_of("912", date(2026, 5, 1))[0] == ""


def test_the_empty_prefix_starts_no_service_code(tariffs: Tariffs) -> None:
    for number in ("*57", "#31#123", "*"):
        with pytest.raises(NoCharge, match="no destination prefix in force"):
            tariffs.zone_of(number, date(2026, 5, 1))


def test_the_class_has_one_plan_or_the_book_is_unsound(tariffs: Tariffs) -> None:
    assert tariffs.plan_of_class("residential", date(2026, 3, 4))["tariff_plan_id"] == "P"
    assert tariffs.plan_of_class("staff", date(2026, 2, 28))["tariff_plan_id"] == "P"
    with pytest.raises(NoCharge, match=r"class staff has two plans on 2026-03-01 \(class_plans.csv lines 3, 4\)"):
        tariffs.plan_of_class("staff", date(2026, 3, 1))
    with pytest.raises(NoCharge, match="no tariff plan for class business"):
        tariffs.plan_of_class("business", date(2026, 3, 1))


@pytest.mark.parametrize(
    ("mode", "total", "decimals", "amount"),
    [
        ("half_up", "0.005", 2, "0.01"),
        ("half_up", "0.0049", 2, "0.00"),
        ("up", "0.0001", 2, "0.01"),
        ("down", "0.0199", 2, "0.01"),
        ("half_up", "0.5", 0, "1"),
    ],
)
def test_rounding_once(mode: str, total: str, decimals: int, amount: str) -> None:
    assert rounded(Fraction(total), mode, decimals) == Decimal(amount)
