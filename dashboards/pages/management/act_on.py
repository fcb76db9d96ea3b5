"""The three things to act on: the gravest of what the edition shows, each as one sentence that leads to its page.

The first is about money, the second about the data that come in, the third about the network. Where one of them has nothing, the next
gravest takes its place, money before data. Within money the larger amount is graver; within the data the order is that of `_data`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.pages import frame
from dashboards.pages.frame import how, name_of
from dashboards.pages.management.collections import ARREARS_BANDS, rate_of, unit_target
from dashboards.pages.management.headline import rates_at_same_age
from dashboards.pages.model import Column, Linked, Message, Section, Table, Target
from dashboards.pages.tables import total_of
from dashboards.view import Period, View

THINGS = 3


@dataclass(frozen=True)
class _Thing:
    """A sentence, the page with the details, and the money it is about, where it is about money."""

    sentence: str
    link: Target
    amount: Decimal | None = None


def act_on(view: View, period: Period, t: Translate) -> Section:
    """The three things to act on, or a sentence that there is none."""
    title = t("act_on.title")
    money = sorted(_money(view, period, t), key=lambda thing: -(thing.amount or Decimal(0)))
    data, network = list(_data(view, t)), list(_network(view, period, t))
    first = [*money[:1], *data[:1], *network[:1]]
    things = [*first, *money[1:], *data[1:]][:THINGS]
    if not things:
        return Section("act_on", title, blocks=(Message(t("act_on.nothing"), "good"),))
    table = Table(
        columns=(Column(t("act_on.what")), Column(t("act_on.amount"), "money", t("unit.yuan"))),
        rows=tuple((Linked(thing.sentence, thing.link), thing.amount) for thing in things),
        definition=t("act_on.definition"),
        title=t("act_on.table"),
        name="act_on",
        how=how(t, *(query for query in QUERIES if not view.lacks(query))),
    )
    return Section("act_on", title, blocks=(table,))


def _money(view: View, period: Period, t: Translate) -> Iterator[_Thing]:
    yield from _slower_period(view, period, t)
    yield from _lowest_unit(view, period, t)
    if not view.lacks("arrears_by_age"):
        arrears = view.one("arrears_by_age")
        old = total_of(arrears[band] for band in ARREARS_BANDS[1:])
        if old:
            yield _Thing(t("act_on.arrears", amount=formats.money(old)), Target.to("receivables"), old)
    if not view.lacks("money_at_risk_by_unit"):
        rows = view.query("money_at_risk_by_unit")
        if rows:
            amount = total_of(row["estimated_amount"] for row in rows)
            sentence = t(
                "act_on.suspended",
                calls=formats.count(sum(row["calls"] for row in rows)),
                amount=formats.money(amount),
                unknown=formats.count(sum(row["calls_without_estimate"] for row in rows)),
            )
            yield _Thing(sentence, Target.to("risk"), amount)


def _slower_period(view: View, period: Period, t: Translate) -> Iterator[_Thing]:
    """The period, where less of it was received than of the one before at the same age of the bills."""
    at_same_age = rates_at_same_age(view, period)
    if at_same_age is None:
        return
    now, before = at_same_age
    # What the earlier rate would have brought in of this receivable, less what came in.
    shortfall = _cents(before["received"] * now["receivable"] / before["receivable"] - now["received"])
    if shortfall <= 0:
        return
    sentence = t(
        "act_on.slower",
        period=period.code,
        before=period.before.code,
        rate=formats.percent(formats.ratio_of(now["received"], now["receivable"])),
        rate_before=formats.percent(formats.ratio_of(before["received"], before["receivable"])),
        amount=formats.money(shortfall),
    )
    yield _Thing(sentence, Target.to("unit", period=period.code), shortfall)


def _lowest_unit(view: View, period: Period, t: Translate) -> Iterator[_Thing]:
    """The unit with the lowest rate: the bills of a period are all of one age, so that the comparison is fair."""
    rows = (
        []
        if view.lacks("collection_by_dimension")
        else view.query("collection_by_dimension", dimension="business_unit", period=period.code)
    )
    of_all = rate_of(rows)
    rated = [(rate, row) for row in rows if (rate := formats.ratio_of(row["received"], row["receivable"])) is not None]
    if of_all is None or len(rated) < 2:
        return
    # What it would have received at the rate of all: a small unit with a very low rate can be less grave.
    shortfall, unit_id, rate = max(
        (_cents((of_all - rate) * row["receivable"]), row["dimension_id"], rate) for rate, row in rated
    )
    if shortfall <= 0:
        return
    sentence = t(
        "act_on.unit",
        unit=name_of(view, "business_unit", unit_id, t),
        period=period.code,
        rate=formats.percent(rate),
        of_all=formats.percent(of_all),
        amount=formats.money(shortfall),
    )
    yield _Thing(sentence, unit_target(unit_id, period), shortfall)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _data(view: View, t: Translate) -> Iterator[_Thing]:
    """Gates that block, files that wait or are missing, and gates that report errors."""
    failed = [gate for gate in view.gates if not gate.success]
    blocking = [gate for gate in failed if gate.blocks]
    if blocking:
        yield _Thing(t("act_on.blocked", count=formats.count(len(blocking))), Target.to(frame.GATES))
    if not view.lacks("files_waiting_counts"):
        files = view.one("files_waiting_counts")
        if files["held"] or files["rejected"]:
            sentence = t(
                "act_on.files",
                held=formats.count(files["held"]),
                records=formats.count(files["held_records"]),
                rejected=formats.count(files["rejected"]),
            )
            yield _Thing(sentence, Target.to("bulletin"))
    if not view.lacks("files_missing"):
        missing = view.one("files_missing")
        if missing["missing"]:
            sentence = t(
                "act_on.missing",
                files=formats.count(missing["missing"]),
                days=formats.count(missing["switch_days"]),
            )
            yield _Thing(sentence, Target.to("bulletin"))
    errors = [gate for gate in failed if gate.severity == "error"]
    if errors:
        yield _Thing(t("act_on.errors", count=formats.count(len(errors))), Target.to(frame.GATES))


def _network(view: View, period: Period, t: Translate) -> Iterator[_Thing]:
    """Trunk groups that needed more circuits than they have."""
    if view.lacks("trunk_groups_of_days"):
        return
    rows = view.query("trunk_groups_of_days", first_day=period.first_day, last_day=period.last_day)
    short = [row for row in rows if row["circuits"] is not None and row["circuits_needed"] > row["circuits"]]
    if not short:
        return
    worst = max(short, key=lambda row: (row["circuits_needed"] - row["circuits"], row["days_short"]))
    sentence = t(
        "act_on.circuits",
        count=formats.count(len(short)),
        period=period.code,
        trunk_group=name_of(view, "trunk_group", worst["trunk_group_id"], t),
        needed=formats.count(worst["circuits_needed"]),
        circuits=formats.count(worst["circuits"]),
        days=formats.count(worst["days_short"]),
    )
    yield _Thing(sentence, Target.to("traffic", trunk_group=worst["trunk_group_id"], period=period.code))


#: All that this section asks of an edition.
QUERIES = (
    "arrears_by_age", "collection_by_dimension", "collection_rate_by_day", "files_missing", "files_waiting_counts",
    "money_at_risk_by_unit", "trunk_groups_of_days",
)  # fmt: skip
