"""`tollhouse quote` and `tollhouse explain`: what a call costs or cost, step by step. Neither changes anything."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestration.cli.context import Answer, Context, print_table
from orchestration.cli.parsing import add_command, count
from orchestration.telephone_numbers import normalised_called_number

if TYPE_CHECKING:
    from rich.console import Console

    from orchestration.rating.charging import Charge
    from orchestration.rating.explaining import Explanation

_COLUMNS = ["from", "to", "band", "tier", "rate", "increments", "of seconds", "seconds", "price", "together"]
_WHY_CHARGED = {
    "recorded": "the charged number that the record names",
    "calling": "the calling number",
    "called": "the called number, as its zone charges the called party",
}
_FIGURES = ["tier", "increments", "of seconds", "seconds", "price", "together"]


def add_commands(commands: Any) -> None:
    """Add quote and explain."""
    quote = add_command(commands, "quote", "what a call would cost, step by step", _quote)
    plan = quote.add_mutually_exclusive_group(required=True)
    plan.add_argument("--plan", metavar="PLAN", help="the tariff plan")
    plan.add_argument("--class", dest="customer_class", metavar="CLASS", help="the plan of this customer class then")
    quote.add_argument("--to", type=_number, required=True, metavar="NUMBER", help="the called number as dialled")
    quote.add_argument(
        "--exchange", metavar="EXCHANGE", help="the exchange whose own area code is stripped, where they have several"
    )
    quote.add_argument(
        "--at", type=_moment, required=True, metavar="TIME", help="when the call begins: 2026-05-20T10:00:00"
    )
    quote.add_argument("--seconds", type=count, required=True, metavar="N", help="how long it lasts")
    explain = add_command(commands, "explain", "why a published call costs what it costs, step by step", _explain)
    explain.add_argument("call_id", metavar="CALL_ID", help="<file_id>:<record_number>, as in rated_calls")


def _quote(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.errors import UsageError
    from orchestration.rating.charging import charge_call
    from orchestration.rating.tariffs import Tariffs
    from orchestration.reference_book.reading import read_reference_book

    tariffs = Tariffs(read_reference_book(context.settings.reference))
    day = arguments.at.date()
    exchange_id = arguments.exchange
    if exchange_id is not None and exchange_id not in tariffs.area_codes:
        known = ", ".join(sorted(tariffs.area_codes)) or "none"
        raise UsageError(f"exchange {exchange_id} is not in exchanges.csv, which has {known}")
    dialled = (
        tariffs.dial_anywhere(arguments.to, day)
        if exchange_id is None
        else tariffs.dial(arguments.to, day, exchange_id)
    )
    plan = tariffs.plan_of(dialled, arguments.plan, arguments.customer_class, day)
    charge = charge_call(tariffs, plan, dialled, arguments.at, arguments.seconds)
    data = {"called_number": arguments.to, **_facts(charge)}

    def show(console: Console) -> None:
        console.print(f"called number  {arguments.to}")
        _show(console, charge)

    return Answer(data, show)


def _explain(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.rating.explaining import explain_call
    from orchestration.reference_book.reading import read_reference_book

    settings = context.settings
    found = explain_call(settings.published, read_reference_book(settings.reference), arguments.call_id)
    data = {
        "edition": found.edition,
        "state": found.state,
        "call": dict(found.call),
        "charged_party": None if found.call.get("charged_number") is None else _who_is_charged(found.call),
        "by_the_present_book": None if found.charge is None else _facts(found.charge),
        "no_charge": found.no_charge,
        "differences": [{"what": what, "published": said, "present": now} for what, said, now in found.differences],
    }
    return Answer(data, lambda console: _show_explanation(console, found))


def _show_explanation(console: Console, found: Explanation) -> None:
    call = found.call
    console.print(
        f"call           {call['call_id']}, record {call['record_number']} of {call['file_name']}, edition {found.edition}"
    )
    console.print(f"numbers        {call['calling_number'] or '(withheld)'} to {call['called_number'] or '(none)'}")
    if found.state == "duplicate":
        console.print(f"not charged    it repeats {call['original_call_id']}")
        return
    if call.get("charged_number") is not None:
        console.print(f"who pays       {call['charged_number']}, {_WHY_CHARGED[_who_is_charged(call)]}")
    if found.state != "rated":
        console.print(f"waits          {found.state}: {call['reason']}")
        return
    console.print(
        f"charged to     account {call['account_id']}, class {call['customer_class'] or '(none)'}, period {call['billing_period']}"
    )
    if found.charge is None:
        console.print(f"published      {call['amount']}")
        console.print(f"today          not to be charged: {found.no_charge}")
        return
    _show(console, found.charge)
    if call.get("package_id") is not None:
        seconds = call["covered_seconds"]
        covered = f"{call['covered_amount']}" if seconds is None else f"{seconds} seconds, {call['covered_amount']}"
        console.print(
            f"package        {call['package_id']} of {call['package_number'] or 'the account'} covers {covered}"
        )
    if call.get("is_capped"):
        console.print("highest price  the plan caps what one call of the zone costs")
    if not found.differences:
        console.print(f"published      {call['amount']}: the same, step by step")
        return
    console.print(f"published      {call['amount']}: the reference book is not what it was rated by:")
    print_table(console, ["", "published", "by the present book"], found.differences)


def _who_is_charged(call: Mapping[str, Any]) -> str:
    """Whose number the charged number of a published call is: the record's own word, else that of a party of the call."""
    # An edition of an earlier release has no such word.
    if call.get("is_charged_as_recorded"):
        return "recorded"
    return "calling" if call["charged_number"] == call["calling_number"] else "called"


def _show(console: Console, charge: Charge) -> None:
    from orchestration.rating.charging import exact_text

    plan = charge.plan
    rule = "the band of each increment" if plan["band_rule"] == "increment" else "the band at the start"
    dialled = charge.dialled
    if dialled.access_code is not None:
        selected = [
            f"{what} {name}" for what, name in (("plan", dialled.tariff_plan_id), ("zone", dialled.zone_id)) if name
        ]
        console.print(
            f"access code    {dialled.access_code}" + (f", selects {' and '.join(selected)}" if selected else "")
        )
        console.print(f"rated number   {dialled.rated_number or '(none)'}")
    console.print(f"begins         {charge.started_at}, {charge.duration_seconds} seconds")
    prefix = "(not looked up)" if charge.destination_prefix is None else charge.destination_prefix or "(empty)"
    console.print(f"prefix         {prefix}, zone {charge.zone_id}")
    console.print(f"plan           {plan['tariff_plan_id']}, rates since {charge.rate_valid_from}, {rule}")
    facts = _facts(charge)
    print_table(
        console,
        _COLUMNS,
        [
            [
                step["begins_at"].time(), step["ends_at"].time(), step["band_id"], step["from_second"],
                f"{step['rate']:f} per {step['rate_unit_seconds']} s", step["increments"], step["increment_seconds"],
                step["seconds"], step["price"], step["total"],
            ]
            for step in facts["steps"]
        ],
        _FIGURES,
    )  # fmt: skip
    console.print(f"connect fee    {charge.connect_fee:f}")
    console.print(f"exact          {exact_text(charge.unrounded)}")
    console.print(f"rounded        {plan['rounding_mode']} to {plan['rounding_decimals']} decimals")
    console.print(f"amount         {charge.amount}")


def _facts(charge: Charge) -> dict[str, Any]:
    from datetime import timedelta

    from orchestration.rating.charging import exact_text

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


def _number(text: str) -> str:
    """A called number as the warehouse normalises it; a service code as it is dialled."""
    number = normalised_called_number(text)
    if not re.fullmatch("[0-9]*|[*#][0-9*#]*", number):
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a valid number; write digits, a leading + if any, or a code like *98"
        )
    return number


def _moment(text: str) -> datetime:
    """A time of the wall clock, with a T or a space between date and time."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?", text):
        raise argparse.ArgumentTypeError(f"'{text}' is not a valid time; write it like 2026-05-20T10:00:00")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a valid time; write it like 2026-05-20T10:00:00") from None
