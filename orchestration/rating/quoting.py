"""What a call would cost by a reference book, from what a person types: for the command and for the page alike.

The charge itself is in charging.py. Why a published call costs what it costs is in explaining.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from orchestration.errors import UsageError
from orchestration.rating.charging import Charge, charge_call, exact_text
from orchestration.rating.dialling import DialledNumber
from orchestration.rating.tariffs import NoCharge, Tariffs
from orchestration.telephone_numbers import normalised_called_number

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?")
_DIALLED = re.compile("[0-9]*|[*#][0-9*#]*")


@dataclass(frozen=True)
class Question:
    """A call that is asked about: its number as dialled, else its zone; and the plan of the caller, else the caller's class."""

    started_at: datetime
    seconds: int
    called_number: str | None = None
    zone_id: str | None = None
    tariff_plan_id: str | None = None
    customer_class: str | None = None
    exchange_id: str | None = None


def quote_call(tariffs: Tariffs, question: Question) -> Charge:
    """The charge of the call with its steps. Raises NoCharge where the book has no price, UsageError where it cannot be asked."""
    day = question.started_at.date()
    dialled = _dialled(tariffs, question, day)
    plan = tariffs.plan_of(dialled, question.tariff_plan_id, question.customer_class, day)
    return charge_call(tariffs, plan, dialled, question.started_at, question.seconds)


def typed_number(text: str) -> str:
    """A called number as the warehouse normalises it; a service code as it is dialled. Raises UsageError."""
    number = normalised_called_number(text)
    if not _DIALLED.fullmatch(number):
        raise UsageError(f"'{text}' is not a valid number; write digits, a leading + if any, or a code like *98")
    return number


def typed_moment(text: str) -> datetime:
    """A time of the wall clock, with a T or a space between date and time. Raises UsageError."""
    fault = f"'{text}' is not a valid time; write it like 2026-05-20T10:00:00"
    if not _MOMENT.fullmatch(text):
        raise UsageError(fault)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(fault) from None
    if moment.year == date.max.year:  # its calls could end after the last day that there is
        raise UsageError(fault)
    return moment


def charge_facts(charge: Charge) -> dict[str, Any]:
    """A charge with each of its steps as plain values: exact amounts are texts."""
    return {
        "access_code": charge.dialled.access_code,
        "rated_number": charge.dialled.rated_number,
        "dialled_plan_id": charge.dialled.tariff_plan_id,
        "dialled_zone_id": charge.dialled.zone_id,
        "destination_prefix": charge.destination_prefix,
        "zone_id": charge.zone_id,
        "tariff_plan_id": charge.plan["tariff_plan_id"],
        "band_rule": charge.plan["band_rule"],
        "rate_valid_from": charge.rate_valid_from,
        "started_at": charge.started_at,
        "duration_seconds": charge.duration_seconds,
        "steps": [
            {
                "begins_at": step.begins_at,
                "ends_at": step.begins_at + timedelta(seconds=step.seconds),
                "band_id": step.band_id,
                "from_second": step.from_second,
                "rate": step.rate,
                "rate_unit_seconds": step.rate_unit_seconds,
                "increments": step.increments,
                "increment_seconds": step.increment_seconds,
                "seconds": step.seconds,
                "price": exact_text(step.price),
                "total": exact_text(step.total),
            }
            for step in charge.steps
        ],
        "charge_steps": charge.charge_steps,
        "charged_seconds": charge.charged_seconds,
        "connect_fee": charge.connect_fee,
        "unrounded": exact_text(charge.unrounded),
        "rounding_mode": charge.plan["rounding_mode"],
        "rounding_decimals": charge.plan["rounding_decimals"],
        "amount": charge.amount,
    }


def _dialled(tariffs: Tariffs, question: Question, day: date) -> DialledNumber:
    if question.called_number is None:
        if question.zone_id not in tariffs.zones:
            raise NoCharge(f"zone {question.zone_id} is not in zones.csv: add it there or correct the name")
        return DialledNumber("", zone_id=question.zone_id)
    if question.exchange_id is None:
        return tariffs.dial_anywhere(question.called_number, day)
    if question.exchange_id not in tariffs.area_codes:
        known = ", ".join(sorted(tariffs.area_codes)) or "none"
        raise UsageError(f"exchange {question.exchange_id} is not in exchanges.csv, which has {known}")
    return tariffs.dial(question.called_number, day, question.exchange_id)
