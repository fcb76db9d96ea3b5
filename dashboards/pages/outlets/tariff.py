"""What a call costs: the price of one call with its steps, by the code of `tollhouse quote`, and the tariff guide.

The price is by the reference book as it is now; the guide is the edition's.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.i18n.sentences import sentence
from dashboards.pages import frame
from dashboards.pages.model import Block, Cell, Column, Content, Message, Section, Table, Tile
from dashboards.pages.reference import reference_book
from dashboards.pages.spec import PageSpec, as_it_is
from dashboards.pages.tables import mart_table
from dashboards.params import Params, UnknownParameter
from dashboards.view import View
from orchestration.access.roles import Role
from orchestration.errors import UsageError
from orchestration.rating.charging import Charge, exact_text
from orchestration.rating.quoting import Question, charge_facts, quote_call, typed_moment, typed_number
from orchestration.rating.tariffs import DependsOnExchange, NoCharge, Tariffs

TARIFF = "tariff"
#: Of a day without a time.
_TIME = "10:00"
#: A call of a week: the steps of a longer one would be many, and no call is as long.
_MOST_SECONDS = 7 * 86_400
_WHOLE = re.compile("[0-9]{1,9}")
_ASKED = ("to", "zone", "date", "time", "seconds", "exchange")


def tariff(view: View, params: Params) -> Content:
    """The price of the call that is asked for, then the tariff guide of the plan, the class and the zone."""
    t = params.t
    book = reference_book(view, t)
    if isinstance(book, Message):
        return Content((Section("price", t("tariff.price"), blocks=(book,)), _guide(view, params)))
    tariffs = Tariffs(book)
    classes = sorted({str(row["customer_class"]) for row in book.tables["class_plans"]})
    named = {
        "plan": [(plan, plan) for plan in sorted(tariffs.plans)],
        "class": [(each, frame.name_of(view, "customer_class", each, t)) for each in classes],
        "zone": [(zone, frame.name_of(view, "zone", zone, t)) for zone in sorted(tariffs.zones)],
        "exchange": [(each, frame.name_of(view, "exchange", each, t)) for each in sorted(tariffs.area_codes)],
    }
    for name, members in named.items():
        params.one_of(name, tuple(member for member, _ in members))
    filters = (
        frame.list_filter(params, TARIFF, "plan", named["plan"], t("tariff.plan_of_class")),
        frame.list_filter(params, TARIFF, "class", named["class"], t("tariff.no_class")),
        frame.text_filter(params, "to", "01012345678"),
        frame.list_filter(params, TARIFF, "zone", named["zone"], t("tariff.zone_of_number")),
        frame.text_filter(params, "date", formats.day(view.as_of)),
        frame.text_filter(params, "time", _TIME),
        frame.text_filter(params, "seconds", "180"),
        frame.list_filter(params, TARIFF, "exchange", named["exchange"], t("tariff.any_exchange")),
    )
    return Content((_price(view, tariffs, params), _guide(view, params)), filters)


def charge_blocks(view: View, charge: Charge, t: Translate) -> tuple[Block, ...]:
    """A charge as tables: its steps with their exact prices, and the facts that led to them."""
    facts = charge_facts(charge)
    steps = Table(
        columns=(
            Column(t("charge.begins_at"), "moment"),
            Column(t("charge.ends_at"), "moment"),
            Column(t("charge.band")),
            Column(t("charge.from_second"), "count", t("unit.seconds")),
            Column(t("charge.rate"), "amount", t("unit.yuan")),
            Column(t("charge.rate_unit"), "count", t("unit.seconds")),
            Column(t("charge.increments"), "count"),
            Column(t("charge.increment"), "count", t("unit.seconds")),
            Column(t("charge.seconds"), "count", t("unit.seconds")),
            Column(t("charge.step_price"), "amount", t("unit.yuan")),
            Column(t("charge.step_total"), "amount", t("unit.yuan")),
        ),
        rows=tuple(
            (
                step["begins_at"], step["ends_at"], t.code("band", step["band_id"]), step["from_second"], step["rate"],
                step["rate_unit_seconds"], step["increments"], step["increment_seconds"], step["seconds"],
                _exact(step["price"]), _exact(step["total"]),
            )
            for step in facts["steps"]
        ),
        title=t("charge.steps"),
        definition=t("charge.steps_definition"),
        total=(
            t("site.total"), None, None, None, None, None, sum(step["increments"] for step in facts["steps"]), None,
            facts["charged_seconds"], None, _exact(exact_text(sum((step.total for step in charge.steps), Fraction(0)))),
        ),
        name="steps",
    )  # fmt: skip
    lines: list[tuple[str, Cell]] = [
        ("access_code", facts["access_code"] or t("charge.none")),
        ("rated_number", facts["rated_number"] or None),
        ("prefix", _prefix(charge, t)),
        ("zone", frame.name_of(view, "zone", charge.zone_id, t)),
        ("plan", facts["tariff_plan_id"]),
        ("valid_from", charge.rate_valid_from),
        ("band_rule", t.code("band_rule", facts["band_rule"])),
        ("connect_fee", charge.connect_fee),
        ("unrounded", _exact(facts["unrounded"])),
        ("rounding", t("charge.rounded_to", how=t.code("rounding_mode", facts["rounding_mode"]), places=str(facts["rounding_decimals"]))),
        ("amount", charge.amount),
    ]  # fmt: skip
    reasons = Table(
        columns=(Column(t("charge.what")), Column(t("charge.value"))),
        rows=tuple((t(f"charge.{name}"), _text(value)) for name, value in lines if value is not None),
        title=t("charge.reasons"),
        name="charge",
    )
    return steps, reasons


def _price(view: View, tariffs: Tariffs, params: Params) -> Section:
    t = params.t
    title = t("tariff.price")
    if not any(params.get(name) for name in _ASKED):
        return Section("price", title, blocks=(Message(t("tariff.how_to_ask")),))
    lacking = [
        name
        for name, is_given in (
            ("plan", params.get("plan") or params.get("class")),
            ("to", params.get("to") or params.get("zone")),
            ("seconds", params.get("seconds")),
        )
        if not is_given
    ]
    if lacking:
        what = t("tariff.between").join(t(f"tariff.lacking_{name}") for name in lacking)
        return Section("price", title, blocks=(Message(t("tariff.lacking", what=what), "warning"),))
    try:
        question = _question(view, params)
        charge = quote_call(tariffs, question)
    except DependsOnExchange:
        return Section("price", title, blocks=(Message(t("tariff.name_exchange"), "warning"),))
    except UnknownParameter as wrong:
        text = t(f"tariff.wrong_{wrong.name}", value=wrong.value, most=formats.count(_MOST_SECONDS))
        return Section("price", title, blocks=(Message(text, "warning"),))
    except (NoCharge, UsageError) as fault:
        text = t("tariff.no_price", why=sentence(t.language, str(fault)))
        return Section("price", title, blocks=(Message(text, "warning"),))
    tiles = (
        Tile(t("charge.amount"), formats.amount(charge.amount), t("tariff.amount_definition"), t("unit.yuan")),
        Tile(t("charge.charged_seconds"), formats.count(charge.charged_seconds), t("tariff.seconds_definition"), t("unit.seconds")),
        Tile(t("charge.zone"), frame.name_of(view, "zone", charge.zone_id, t), t("tariff.zone_definition")),
    )  # fmt: skip
    return Section(
        "price", title, t("tariff.price_intro"), tiles=tiles, blocks=charge_blocks(view, charge, t), is_paired=False
    )


def _question(view: View, params: Params) -> Question:
    """What is asked. Raises UnknownParameter with the name of the field that cannot be read."""
    number, seconds = params.get("to"), params.get("seconds") or ""
    if not _WHOLE.fullmatch(seconds) or not 1 <= int(seconds) <= _MOST_SECONDS:
        raise UnknownParameter("seconds", seconds)
    return Question(
        _moment(params.get("date") or formats.day(view.as_of), params.get("time") or _TIME),
        int(seconds),
        called_number=None if number is None else _number(number),
        zone_id=params.get("zone"),
        tariff_plan_id=params.get("plan"),
        customer_class=params.get("class"),
        exchange_id=params.get("exchange"),
    )


def _number(text: str) -> str:
    try:
        return typed_number(text)
    except UsageError:
        raise UnknownParameter("to", text) from None


def _moment(day: str, time: str) -> datetime:
    try:
        return typed_moment(f"{day} {time}")
    except UsageError:
        pass
    try:
        typed_moment(f"{day} {_TIME}")
    except UsageError:
        raise UnknownParameter("date", day) from None
    raise UnknownParameter("time", time)


def _guide(view: View, params: Params) -> Section:
    t = params.t
    title = t("tariff.guide")
    absent = frame.missing_marts(view, t, "tariff_guide")
    if absent is not None:
        return Section("guide", title, blocks=(absent,))
    chosen = {name: params.get(name) for name in ("plan", "class", "zone")}
    rows = view.query("tariff_guide", **chosen)
    if not rows:
        return Section("guide", title, blocks=(Message(t("tariff.no_guide")),))
    table = mart_table(
        view,
        t,
        "tariff_guide",
        rows,
        (
            "tariff_plan_id", "customer_class", "zone_id", "band", "band_hours", f"sentence_{t.language}", "amount_1_minute",
            "amount_3_minutes", "amount_10_minutes", "connect_fee", "max_amount", "rate_valid_from",
        ),
        name="tariff_guide",
        queries=("tariff_guide",),
        title=t("tariff.guide_table"),
        definition=t("tariff.guide_definition", as_of=formats.day(view.as_of)),
    )  # fmt: skip
    return Section("guide", title, blocks=(table,), is_paired=False)


def _exact(text: str) -> Decimal | str:
    """An exact amount as a number; as a fraction where no decimal holds it."""
    return text if "/" in text else Decimal(text)


def _prefix(charge: Charge, t: Translate) -> str | None:
    if charge.destination_prefix is None:
        return None
    return charge.destination_prefix or t("charge.any_number")


def _text(value: Cell) -> Cell:
    """An amount as it is written: the other facts of the table are texts."""
    return formats.amount(value) if isinstance(value, Decimal) else value


TARIFF_PAGE = PageSpec(
    TARIFF,
    "outlets",
    tariff,
    queries=("dimension_names", "tariff_guide"),
    params=("plan", "class", "to", "zone", "date", "time", "seconds", "exchange"),
    also=frozenset({Role.AGENT, Role.ENGINEER}),
    reads_branch_files=True,
    variants=as_it_is,
)
