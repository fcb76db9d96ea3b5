"""The tariff guide against the rules themselves, on the demo city's book and on a random one.

Each figure is that of a walk over every increment in a band that never ends; each sentence, Chinese and English, is read back by
a reader who knows nothing but its words, and a call charged by what it says costs the figures beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest

from orchestration.settings import PROJECT_ROOT
from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.dbt_runner import run_dbt
from tests.dbt.conftest import home
from tests.oracle.book import read_book
from tests.oracle.money import round_exact
from tests.oracle.rating import Tariffs, Unrated
from tests.rating.random_books import COMPILED, TARIFF_TABLES, write_book

AS_OF = date(2026, 3, 31)
MINUTES = {"amount_1_minute": 60, "amount_3_minutes": 180, "amount_10_minutes": 600}
CAPS = "tariff_plan_id,zone_id,valid_from,valid_to,max_amount\n"

Row = dict[str, Any]


@dataclass(frozen=True)
class Guide:
    """A published guide and the book it is of."""

    reference: Path
    rows: list[Row]


def build_guide(folder: Path, reference: Path) -> Guide:
    settings = home(folder, reference)
    guide = "int_class_plans int_band_charges int_tariff_sentences tariff_guide"
    run_dbt(settings, "build", f"{' '.join(TARIFF_TABLES)} price_caps {COMPILED} {guide}")
    with open_warehouse(settings) as con:
        found = con.execute("select * from marts.tariff_guide")
        names = [column[0] for column in found.description or []]
        return Guide(reference, [dict(zip(names, row, strict=True)) for row in found.fetchall()])


@pytest.fixture(scope="module", params=["demo", "random"])
def guide(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Guide:
    folder: Path = tmp_path_factory.mktemp(request.param)
    if request.param == "demo":
        return build_guide(folder, PROJECT_ROOT / "seeds" / "reference")
    reference = folder / "reference"
    write_book(reference, Random(4), 24)
    (reference / "price_caps.csv").write_text(
        f"{CAPS}P1,Z1,2026-01-01,,0.5\nP2,Z2,2026-01-01,{AS_OF},0.01\n", encoding="utf-8"
    )
    return build_guide(folder, reference)


def walked(tariffs: Tariffs, rates: list[Row], band: str, seconds: int) -> Fraction:
    """The exact total of a call in a band that never ends (SPEC 5, charging)."""
    total, elapsed = Fraction(tariffs.row_at(rates, band, 0)["connect_fee"]), 0
    while elapsed < seconds:
        row = tariffs.row_at(rates, band, elapsed)
        total += Fraction(row["rate"]) * row["increment_seconds"] / row["rate_unit_seconds"]
        elapsed += row["increment_seconds"]
    return total


def test_the_guide_has_what_the_rules_charge_and_nothing_else(guide: Guide) -> None:
    """Every plan, class of the day, zone and band that a call can be charged in; each figure to the last digit."""
    tariffs = Tariffs(read_book(guide.reference))
    book = tariffs.book
    caps = {(row["tariff_plan_id"], row["zone_id"]): row for row in guide.rows if row["max_amount"] is not None}
    expected = {}
    for plan_id, zone_id in tariffs.rates:
        plan = book.plans[plan_id]
        rates = tariffs.rates_in_force(plan_id, zone_id, AS_OF)
        classes = [
            row["customer_class"]
            for row in book.tables["class_plans"]
            if row["tariff_plan_id"] == plan_id
            and row["valid_from"] <= AS_OF
            and (row["valid_to"] is None or row["valid_to"] > AS_OF)
        ]
        for band in {row["band_id"] for row in book.tables["time_bands"] if row["band_set_id"] == plan["band_set_id"]}:
            try:
                totals = [walked(tariffs, rates, band, seconds) for seconds in MINUTES.values()]
            except Unrated:
                continue
            amounts = [round_exact(total, plan["rounding_mode"], plan["rounding_decimals"]) for total in totals]
            if (plan_id, zone_id) in caps:
                amounts = [min(amount, caps[plan_id, zone_id]["max_amount"]) for amount in amounts]
            expected.update({(plan_id, name, zone_id, band): amounts for name in classes or [None]})
    found = {
        (row["tariff_plan_id"], row["customer_class"], row["zone_id"], row["band"]): [row[name] for name in MINUTES]
        for row in guide.rows
    }
    assert found == expected
    assert len(found) == len(guide.rows) > 200


def test_a_maximum_price_in_force_is_the_only_one_told(guide: Guide) -> None:
    """The random book caps P1 to Z1; its cap of P2 ended on the as-of date."""
    told = {(row["tariff_plan_id"], row["zone_id"], row["max_amount"]) for row in guide.rows if row["max_amount"]}
    is_demo = guide.reference.parent.name == "seeds"
    assert {(plan, zone, str(most)) for plan, zone, most in told} == {
        ("IP_SAVER", "NATIONAL", "5.000000") if is_demo else ("P1", "Z1", "0.500000")
    }


# What a sentence says: the fee, (seconds, unit, increment, rate) per tier in their order, and the most. Seconds is None in the last
# tier, the unit where the price is that of the whole tier.
Said = tuple[Fraction, list[tuple[int | None, int | None, int | None, Fraction]], Fraction | None]

_EN_TIME = r"minute|second|\d+ minutes|\d+ seconds"
_EN_TIER = re.compile(
    rf"(?:then )?(?:(?P<free>free)|(?P<rate>[\d.]+))(?: (?:a|per) (?P<unit>{_EN_TIME}))?"
    rf"(?: \(charged by (?:the )?(?P<increment>{_EN_TIME})\))?(?: for the (?:first|next) (?P<span>{_EN_TIME}))?"
)
_ZH_TIME = r"\d*分钟|\d*秒"
_ZH_TIER = re.compile(
    rf"(?:(?:前|其后)(?P<span>{_ZH_TIME})|之后)?(?:(?P<free>免费)|(?:每(?P<unit>{_ZH_TIME}))?(?P<rate>[\d.]+)元)"
    rf"(?:（按(?P<increment>{_ZH_TIME})计费）)?"
)


def _seconds(text: str | None) -> int | None:
    if text is None:
        return None
    digits = re.match(r"\d*", text)
    assert digits is not None
    return int(digits.group() or 1) * (60 if "minute" in text or "分钟" in text else 1)


def _read(sentence: str, tier: re.Pattern[str], stop: str, comma: str, fee: str, flat: str, most: str) -> Said:
    """A sentence taken apart: what one part does not match fails the test."""
    fee_said, most_said = Fraction(0), None
    if capped := re.fullmatch(rf"(.*){stop}{most}", sentence):
        sentence, most_said = capped.group(1), Fraction(capped.group(2))
    if alone := re.fullmatch(flat, sentence):
        return Fraction(alone.group(1)), [(None, 60, 60, Fraction(0))], most_said
    if begun := re.fullmatch(rf"{fee}{stop}(.*)", sentence):
        fee_said, sentence = Fraction(begun.group(1)), begun.group(2)
    tiers = []
    for part in sentence.split(comma):
        said = tier.fullmatch(part)
        assert said is not None, part
        unit, span = _seconds(said["unit"]), _seconds(said["span"])
        if said["free"]:
            tiers.append((span, span or 60, span or 60, Fraction(0)))
        else:
            tiers.append((span, unit, _seconds(said["increment"]) or unit, Fraction(said["rate"])))
    return fee_said, tiers, most_said


def read_english(sentence: str) -> Said:
    return _read(sentence, _EN_TIER, "; ", ", ", r"([\d.]+) to connect", r"([\d.]+) a call", r"at most ([\d.]+) a call")


def read_chinese(sentence: str) -> Said:
    return _read(sentence, _ZH_TIER, "；", "，", r"接通费([\d.]+)元", r"每次([\d.]+)元", r"每次最多([\d.]+)元")


@pytest.mark.parametrize(("column", "reader"), [("sentence_en", read_english), ("sentence_zh", read_chinese)])
def test_a_call_charged_by_the_words_costs_the_figures(
    guide: Guide, column: str, reader: Callable[[str], Said]
) -> None:
    """And 66 minutes of it cost what the rules say: the last tier, from second 3600 at the latest, is told rightly too."""
    tariffs = Tariffs(read_book(guide.reference))
    for row in guide.rows:
        fee, tiers, most = reader(row[column])
        rates = tariffs.rates_in_force(row["tariff_plan_id"], row["zone_id"], AS_OF)
        for span, _, increment, _ in tiers[:-1]:
            assert span and span % (increment or span) == 0, f"{row}: a tier ends within an increment"
        assert tiers[-1][0] is None, row
        for name, duration in {**MINUTES, None: 3960}.items():
            total, elapsed, tier_ends = fee, 0, 0
            for span, unit, increment, rate in tiers:
                tier_ends = tier_ends + span if span else duration
                if unit is None:
                    total, elapsed = (total + rate, tier_ends) if elapsed < duration else (total, elapsed)
                    continue
                assert increment is not None
                while elapsed < min(duration, tier_ends):
                    total, elapsed = total + rate * increment / unit, elapsed + increment
            if name is None:
                assert total == walked(tariffs, rates, row["band"], duration), row
                continue
            amount = round_exact(total, row["rounding_mode"], row["rounding_decimals"])
            assert row[name] == (amount if most is None else min(amount, most)), row


def test_the_examples_of_the_document_stand_in_the_demo_guide(guide: Guide) -> None:
    if guide.reference.parent.name != "seeds":
        pytest.skip("the document's examples are of the demo city's book")
    document = (PROJECT_ROOT / "docs" / "rating.md").read_text(encoding="utf-8")
    lines = re.findall(
        r"^\| (\w+) \| (\w+) \| (\w+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| (.+?) \| (.+?) \|$", document, re.M
    )
    rows = {
        (row["tariff_plan_id"], row["zone_id"], row["band"]): (
            *(row[name] for name in MINUTES),
            row["sentence_zh"],
            row["sentence_en"],
        )
        for row in guide.rows
    }
    assert len(lines) >= 5
    for plan, zone, band, one, three, ten, chinese, english in lines:
        assert rows[plan, zone, band] == (
            *(type(rows[plan, zone, band][0])(x) for x in (one, three, ten)),
            chinese,
            english,
        )
