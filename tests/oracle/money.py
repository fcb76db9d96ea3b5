"""Exact rounding of money. Nothing here knows what the money is for."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

Number = Decimal | Fraction | int


def as_decimal(units: int, decimals: int) -> Decimal:
    """`units` of the last place written as a decimal with exactly `decimals` places: (1234, 2) is 12.34."""
    return Decimal((0 if units >= 0 else 1, tuple(int(digit) for digit in str(abs(units))), -decimals))


def round_exact(value: Number, mode: str, decimals: int) -> Decimal:
    """Round once: `half_up` takes a half away from zero, `up` is the ceiling, `down` the floor."""
    scaled = Fraction(value) * 10**decimals
    if mode == "half_up":
        units = floor(abs(scaled) + Fraction(1, 2))
        return as_decimal(units if scaled >= 0 else -units, decimals)
    if mode == "up":
        return as_decimal(-floor(-scaled), decimals)
    if mode == "down":
        return as_decimal(floor(scaled), decimals)
    raise ValueError(f"no rounding mode {mode!r}")


def to_cents(value: Number) -> Decimal:
    """Half-up to 0.01, as every figure on a bill or a statement."""
    return round_exact(value, "half_up", 2)
