"""`tollhouse quote` and `tollhouse explain`: what a call costs or cost, step by step. Neither changes anything."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from orchestration.cli.context import Answer, Context, print_table
from orchestration.cli.parsing import add_command, count

if TYPE_CHECKING:
    from rich.console import Console

    from orchestration.rating.charging import Charge
    from orchestration.rating.explaining import Explanation

_Value = TypeVar("_Value")

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
    from orchestration.rating.quoting import Question, charge_facts, quote_call
    from orchestration.rating.tariffs import Tariffs
    from orchestration.reference_book.reading import read_reference_book

    question = Question(
        arguments.at,
        arguments.seconds,
        called_number=arguments.to,
        tariff_plan_id=arguments.plan,
        customer_class=arguments.customer_class,
        exchange_id=arguments.exchange,
    )
    charge = quote_call(Tariffs(read_reference_book(context.settings.reference)), question)
    data = {"called_number": arguments.to, **charge_facts(charge)}

    def show(console: Console) -> None:
        console.print(f"called number  {arguments.to}")
        _show(console, charge)

    return Answer(data, show)


def _explain(arguments: argparse.Namespace, context: Context) -> Answer:
    from dashboards.view import View
    from orchestration.rating.explaining import explain_call, who_is_charged
    from orchestration.rating.quoting import charge_facts
    from orchestration.reference_book.reading import read_reference_book

    settings = context.settings
    with View.current(settings.published) as edition:
        found = explain_call(edition, read_reference_book(settings.reference), arguments.call_id)
    data = {
        "edition": found.edition,
        "state": found.state,
        "call": dict(found.call),
        "charged_party": None if found.call.get("charged_number") is None else who_is_charged(found.call),
        "by_the_present_book": None if found.charge is None else charge_facts(found.charge),
        "no_charge": found.no_charge,
        "differences": [{"what": what, "published": said, "present": now} for what, said, now in found.differences],
    }
    return Answer(data, lambda console: _show_explanation(console, found))


def _show_explanation(console: Console, found: Explanation) -> None:
    from orchestration.rating.explaining import who_is_charged

    call = found.call
    console.print(
        f"call           {call['call_id']}, record {call['record_number']} of {call['file_name']}, edition {found.edition}"
    )
    console.print(f"numbers        {call['calling_number'] or '(withheld)'} to {call['called_number'] or '(none)'}")
    if found.state == "duplicate":
        console.print(f"not charged    it repeats {call['original_call_id']}")
        return
    if call.get("charged_number") is not None:
        console.print(f"who pays       {call['charged_number']}, {_WHY_CHARGED[who_is_charged(call)]}")
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


def _show(console: Console, charge: Charge) -> None:
    from orchestration.rating.charging import exact_text
    from orchestration.rating.quoting import charge_facts

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
    facts = charge_facts(charge)
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


def _number(text: str) -> str:
    from orchestration.rating.quoting import typed_number

    return _typed(typed_number, text)


def _moment(text: str) -> datetime:
    from orchestration.rating.quoting import typed_moment

    return _typed(typed_moment, text)


def _typed(read: Callable[[str], _Value], text: str) -> _Value:
    """A value as the command line takes it: what is wrong with it is argparse's to say."""
    from orchestration.errors import UsageError

    try:
        return read(text)
    except UsageError as fault:
        raise argparse.ArgumentTypeError(str(fault)) from None
