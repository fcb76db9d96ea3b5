"""`tollhouse quote` and `tollhouse explain`: what a call costs or cost, step by step. Neither changes anything."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from orchestration.cli.context import Answer, Context, print_fact, print_table, shown_code
from orchestration.cli.parsing import add_command, count, language_option

if TYPE_CHECKING:
    from rich.console import Console

    from dashboards.i18n import Translate
    from orchestration.rating.charging import Charge
    from orchestration.rating.explaining import Explanation

_COLUMNS = ("from", "to", "band", "tier", "rate", "increments", "of_seconds", "seconds", "price", "together")
_FIGURES = ("tier", "increments", "of_seconds", "seconds", "price", "together")
# The width of the labels.
_WIDTH = 15

_Value = TypeVar("_Value")


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
    language_option(quote)
    explain = add_command(commands, "explain", "why a published call costs what it costs, step by step", _explain)
    explain.add_argument("call_id", metavar="CALL_ID", help="<file_id>:<record_number>, as in rated_calls")
    language_option(explain)


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
        _Printer(console, context.texts).fact("called_number", arguments.to)
        _show(_Printer(console, context.texts), charge)

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
    return Answer(data, lambda console: _show_explanation(_Printer(console, context.texts), found))


@dataclass(frozen=True)
class _Printer:
    """Prints facts about a call, with labels and words in the language of the command."""

    console: Console
    t: Translate

    def text(self, key: str, **values: object) -> str:
        return self.t(f"command_line.call.{key}", **{name: str(value) for name, value in values.items()})

    def word(self, key: str) -> str:
        return self.t(f"command_line.{key}")

    def fact(self, key: str, text: object) -> None:
        print_fact(self.console, self.text(key), text, _WIDTH)

    def sentence(self, text: str) -> str:
        from dashboards.i18n.sentences import sentence

        return sentence(self.t.language, text)


def _show_explanation(to: _Printer, found: Explanation) -> None:
    from orchestration.rating.explaining import who_is_charged

    call = found.call
    of_call = {"call": call["call_id"], "record": call["record_number"], "file": call["file_name"]}
    to.fact("call", to.text("call_of", **of_call, edition=found.edition))
    calling, called = call["calling_number"] or to.word("withheld"), call["called_number"] or to.word("none")
    to.fact("numbers", to.text("numbers_of", calling=calling, called=called))
    if found.state == "duplicate":
        to.fact("not_charged", to.text("repeats", call=call["original_call_id"]))
        return
    if call.get("charged_number") is not None:
        who = to.text(f"who_{who_is_charged(call)}")
        to.fact("who_pays", to.text("who_pays_of", number=call["charged_number"], who=who))
    if found.state != "rated":
        state = shown_code(to.t, "state", found.state)
        to.fact("waits", to.text("waits_of", state=state, reason=to.sentence(f"{call['reason']}")))
        return
    account, period = call["account_id"], call["billing_period"]
    customer_class = shown_code(to.t, "customer_class", call["customer_class"]) or to.word("none")
    to.fact("charged_to", to.text("charged_to_of", account=account, customer_class=customer_class, period=period))
    if found.charge is None:
        to.fact("published", call["amount"])
        to.fact("today", to.text("not_to_be_charged", reason=to.sentence(f"{found.no_charge}")))
        return
    _show(to, found.charge)
    if call.get("package_id") is not None:
        seconds, amount = call["covered_seconds"], call["covered_amount"]
        covered = f"{amount}" if seconds is None else to.text("covered", seconds=seconds, amount=amount)
        owner = call["package_number"] or to.text("the_account")
        to.fact("package", to.text("package_of", package=call["package_id"], owner=owner, covered=covered))
    if call.get("is_capped"):
        to.fact("highest_price", to.text("capped"))
    if not found.differences:
        to.fact("published", to.text("published_same", amount=call["amount"]))
        return
    to.fact("published", to.text("published_other", amount=call["amount"]))
    differences = [(to.word(f"difference.{what}"), said, now) for what, said, now in found.differences]
    print_table(to.console, ["", to.text("published"), to.text("by_the_present_book")], differences)


def _show(to: _Printer, charge: Charge) -> None:
    from orchestration.rating.charging import exact_text
    from orchestration.rating.quoting import charge_facts

    plan = charge.plan
    dialled = charge.dialled
    if dialled.access_code is not None:
        selected = [
            to.text(f"selects_{what}", **{what: name})
            for what, name in (("plan", dialled.tariff_plan_id), ("zone", dialled.zone_id))
            if name
        ]
        code = dialled.access_code
        to.fact(
            "access_code",
            to.text("selects", code=code, selected=to.text("and").join(selected)) if selected else code,
        )
        to.fact("rated_number", dialled.rated_number or to.word("none"))
    to.fact("begins", to.text("begins_of", moment=charge.started_at, seconds=charge.duration_seconds))
    prefix = (
        to.word("not_looked_up") if charge.destination_prefix is None else charge.destination_prefix or to.word("empty")
    )
    to.fact("prefix", to.text("prefix_of", prefix=prefix, zone=charge.zone_id))
    rule = to.text("rule_increment" if plan["band_rule"] == "increment" else "rule_start")
    to.fact("plan", to.text("plan_of", plan=plan["tariff_plan_id"], day=charge.rate_valid_from, rule=rule))
    facts = charge_facts(charge)
    print_table(
        to.console,
        [to.text(name) for name in _COLUMNS],
        [
            [
                step["begins_at"].time(), step["ends_at"].time(), shown_code(to.t, "band", step["band_id"]), step["from_second"],
                to.text("rate_of", rate=f"{step['rate']:f}", seconds=step["rate_unit_seconds"]),
                step["increments"], step["increment_seconds"], step["seconds"], step["price"], step["total"],
            ]
            for step in facts["steps"]
        ],
        [to.text(name) for name in _FIGURES],
    )  # fmt: skip
    to.fact("connect_fee", f"{charge.connect_fee:f}")
    to.fact("exact", exact_text(charge.unrounded))
    mode = shown_code(to.t, "rounding_mode", plan["rounding_mode"])
    to.fact("rounded", to.text("rounded_of", mode=mode, decimals=plan["rounding_decimals"]))
    to.fact("amount", charge.amount)


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
