"""The charge of one call with every step of it (SPEC 5, charging): increment by increment, each at the price where it begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from orchestration.rating.dialling import DialledNumber
from orchestration.rating.tariffs import NoCharge, Row, Tariffs


@dataclass
class ChargedStep:
    """Increments that follow one another in one band and tier. `price` is that of one increment, exact."""

    begins_at: datetime
    band_id: str
    from_second: int
    increment_seconds: int
    price: Fraction
    rate: Decimal
    rate_unit_seconds: int
    increments: int = 0

    @property
    def seconds(self) -> int:
        """Seconds charged by the step."""
        return self.increments * self.increment_seconds

    @property
    def total(self) -> Fraction:
        """What the step costs, exact."""
        return self.increments * self.price

    @property
    def label(self) -> str:
        """As the warehouse writes it in charge_steps: band/from_second:increments."""
        return f"{self.band_id}/{self.from_second}:{self.increments}"


@dataclass(frozen=True)
class Charge:
    """The price of a call, and why. Money is exact; only `amount` is rounded, once.

    `destination_prefix` is None where an access code selected the zone.
    """

    dialled: DialledNumber
    destination_prefix: str | None
    zone_id: str
    plan: Row
    rate_valid_from: date
    started_at: datetime
    duration_seconds: int
    connect_fee: Decimal
    steps: list[ChargedStep]
    unrounded: Fraction
    amount: Decimal

    @property
    def charged_seconds(self) -> int:
        """Whole increments, in seconds."""
        return sum(step.seconds for step in self.steps)

    @property
    def charge_steps(self) -> str:
        """The steps in the warehouse's words."""
        return " ".join(step.label for step in self.steps)


def charge_call(
    tariffs: Tariffs, plan: Row, dialled: DialledNumber, started_at: datetime, duration_seconds: int
) -> Charge:
    """The charge of a call of so many seconds (at least 1) by a plan. Raises NoCharge, saying what the book lacks."""
    prefix, zone = tariffs.zone_of_dialled(dialled, started_at.date())
    rate_valid_from, rates = tariffs.rates(plan, zone, started_at.date())
    follows_the_clock = plan["band_rule"] == "increment"
    band_id, band_ends_at = tariffs.band_at(plan["band_set_id"], started_at)
    steps: list[ChargedStep] = []
    elapsed = 0
    connect_fee = Decimal(0)
    while elapsed < duration_seconds:
        moment = started_at + timedelta(seconds=elapsed)
        if follows_the_clock and moment >= band_ends_at:
            band_id, band_ends_at = tariffs.band_at(plan["band_set_id"], moment)
            steps.append(_step(moment, band_id, _row_at(rates, band_id, elapsed, plan, zone)))
        row = _row_at(rates, band_id, elapsed, plan, zone)
        if not steps:
            connect_fee = row["connect_fee"]
        if not steps or steps[-1].from_second != row["from_second"]:
            steps.append(_step(moment, band_id, row))
        steps[-1].increments += 1
        elapsed += row["increment_seconds"]
    unrounded = Fraction(connect_fee) + sum((step.total for step in steps), Fraction(0))
    return Charge(
        dialled,
        prefix,
        zone["zone_id"],
        plan,
        rate_valid_from,
        started_at,
        duration_seconds,
        connect_fee,
        steps,
        unrounded,
        rounded(unrounded, plan["rounding_mode"], plan["rounding_decimals"]),
    )


def rounded(total: Fraction, mode: str, decimals: int) -> Decimal:
    """A total that is not negative, rounded once: half_up, up (ceiling) or down (floor) to so many decimals."""
    units = total * 10**decimals
    whole = {
        "half_up": (units + Fraction(1, 2)).__floor__(),
        "up": units.__ceil__(),
        "down": units.__floor__(),
    }[mode]
    return Decimal(whole).scaleb(-decimals)


def exact_text(value: Fraction) -> str:
    """A fraction as a decimal where one holds it, else as it is."""
    denominator = value.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    if denominator != 1:
        return f"{value.numerator}/{value.denominator}"
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    return f"{Decimal((value * 10**places).numerator).scaleb(-places):f}"


def _row_at(rates: Sequence[Row], band_id: str, elapsed: int, plan: Row, zone: Row) -> Row:
    """The row with the greatest from_second up to `elapsed`: of the band's own rows, else of those for every band."""
    rows = [row for row in rates if row["band_id"] == band_id] or [row for row in rates if row["band_id"] is None]
    if not rows:
        raise NoCharge(
            f"plan {plan['tariff_plan_id']}, zone {zone['zone_id']} has no rate in band {band_id}, which the call reaches: "
            "add a row for the band, or one with no band, to tariff_rates.csv"
        )
    return max((row for row in rows if row["from_second"] <= elapsed), key=lambda row: row["from_second"])


def _step(begins_at: datetime, band_id: str, row: Row) -> ChargedStep:
    price = Fraction(row["rate"]) * row["increment_seconds"] / row["rate_unit_seconds"]
    return ChargedStep(
        begins_at,
        band_id,
        row["from_second"],
        row["increment_seconds"],
        price,
        row["rate"],
        row["rate_unit_seconds"],
    )
