"""What suspended calls would come to: by a dialled code's plan, else the number's, else its class's, else its range's; and by age."""

from __future__ import annotations

import contextlib
from datetime import date
from decimal import Decimal
from typing import Any

from .exports import Exports
from .money import round_exact
from .rating import Tariffs, Unrated, find_zone
from .records import Record

Row = dict[str, Any]


def estimate(record: Record, tariffs: Tariffs, exports: Exports) -> Row:
    """The record's estimated amount and plan (None where there is none), unit, and whether it has anything to charge."""
    no_zone = find_zone(record, tariffs)
    is_called_partys = record.zone is not None and record.zone["charged_party"] == "called"
    number = record.payer or (record.dialled.rest if is_called_partys else record.calling_number)
    number_range = tariffs.book.range_of(number) or {}
    interval, customer = exports.owner_at(number, record.started_at)
    came_in_for_nobody = record.trunk_group_in and not is_called_partys and not record.payer
    is_chargeable = record.duration_seconds > 0 and not came_in_for_nobody
    selected_ids = {rule["tariff_plan_id"] for _, rule in record.dialled.applied if rule["tariff_plan_id"]}
    is_priceable = is_chargeable and no_zone is None and selected_ids <= tariffs.book.plans.keys()
    selected_id = record.dialled.selected("tariff_plan_id")
    plans: list[Row] = []
    if selected_id in tariffs.book.plans:
        plans.append(tariffs.book.plans[selected_id])
    elif selected_id is None and record.state != "undocumented" and interval is not None:
        with contextlib.suppress(Unrated):
            plans.append(tariffs.plan_of(interval, customer or {"customer_class": None}, record.call_date))
    if number_range.get("tariff_plan_id"):
        plans.append(tariffs.book.plans[number_range["tariff_plan_id"]])
    found: Row = {"estimated_amount": None, "estimated_plan_id": None}
    for plan in plans if is_priceable else ():
        assert record.zone is not None
        try:
            _, total = tariffs.charge(plan, record.zone["zone_id"], record.started_at, record.duration_seconds)
        except Unrated:
            continue
        amount = round_exact(total, plan["rounding_mode"], plan["rounding_decimals"])
        found = {"estimated_amount": amount, "estimated_plan_id": plan["tariff_plan_id"]}
        break
    unit = (customer or {}).get("business_unit_id") or number_range.get("business_unit_id") or None
    return {**found, "business_unit_id": unit, "is_chargeable": is_chargeable}


def suspended_calls(records: list[Record], tariffs: Tariffs, exports: Exports, as_of: date) -> list[Row]:
    """One row per call that waits (other_day, undocumented or unrated), with its age and estimate."""
    return [
        {
            **record.fields(),
            "state": record.state,
            "reason": record.reason,
            "charged_number": record.charged_number or None,
            "age_days": (as_of - record.call_date).days,
            **estimate(record, tariffs, exports),
        }
        for record in records
        if record.state in ("other_day", "undocumented", "unrated")
    ]


def summed(calls: list[Row]) -> Row:
    """Calls, their seconds, what could be estimated of them (None if nothing), and how many could not."""
    amounts = [call["estimated_amount"] for call in calls if call["estimated_amount"] is not None]
    return {
        "calls": len(calls),
        "seconds": sum(call["duration_seconds"] for call in calls),
        "estimated_amount": sum(amounts, Decimal(0)) if amounts else None,
        "calls_without_estimate": sum(call["is_chargeable"] and call["estimated_amount"] is None for call in calls),
    }


def money_at_risk(suspended: list[Row]) -> list[Row]:
    """By state, age and unit."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for call in suspended:
        age = call["age_days"]
        bucket = next((name for name, most in (("0-1", 1), ("2-7", 7), ("8-30", 30)) if age <= most), "31+")
        groups.setdefault((call["state"], bucket, call["business_unit_id"] or "unassigned"), []).append(call)
    return [
        {"state": state, "age_bucket": bucket, "business_unit_id": unit, **summed(calls)}
        for (state, bucket, unit), calls in groups.items()
    ]
