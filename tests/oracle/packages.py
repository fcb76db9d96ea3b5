"""Packages, increment by increment: what is left of an allowance is carried from call to call, and no formula is used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .money import round_exact
from .rating import Tariffs

Row = dict[str, Any]


@dataclass
class Pot:
    """What a package includes in a month: seconds or an amount, less what its calls have consumed so far."""

    kind: str
    left: Fraction


def charge(
    tariffs: Tariffs, plan: Row, zone_id: str, started_at: datetime, duration: int, pot: Pot
) -> tuple[int | None, Decimal, Decimal]:
    """(covered seconds, list amount, amount) of a call that draws on the pot, from which it takes what it consumes."""
    rates = tariffs.rates_in_force(plan["tariff_plan_id"], zone_id, started_at.date())
    first_band = tariffs.band_at(plan["band_set_id"], started_at)
    whole, rest, elapsed, covered_seconds = Fraction(0), Fraction(0), 0, 0
    while elapsed < duration:
        band_id = first_band
        if plan["band_rule"] == "increment":
            band_id = tariffs.band_at(plan["band_set_id"], started_at + timedelta(seconds=elapsed))
        row = tariffs.row_at(rates, band_id, elapsed)
        price = Fraction(row["rate"]) * row["increment_seconds"] / row["rate_unit_seconds"]
        if elapsed == 0:
            price += Fraction(row["connect_fee"])
        whole += price
        if pot.kind == "seconds" and elapsed < pot.left:
            covered_seconds += row["increment_seconds"]
        else:
            rest += price
        elapsed += row["increment_seconds"]
    list_amount = round_exact(whole, plan["rounding_mode"], plan["rounding_decimals"])
    if pot.kind == "seconds":
        pot.left = max(Fraction(0), pot.left - elapsed)
        return covered_seconds, list_amount, round_exact(rest, plan["rounding_mode"], plan["rounding_decimals"])
    taken = min(Fraction(list_amount), pot.left)
    pot.left -= taken
    return None, list_amount, round_exact(Fraction(list_amount) - taken, "half_up", 6)
