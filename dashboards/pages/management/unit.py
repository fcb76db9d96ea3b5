"""One business unit: what it billed and received, how fast money comes in, its members, arrears, customers and open problems."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from dashboards import formats
from dashboards.figures.collections import arrears_bars
from dashboards.figures.series import lines
from dashboards.i18n import Translate
from dashboards.pages import frame
from dashboards.pages.analysts.problems import SEVERITY_TONES
from dashboards.pages.frame import how, missing_marts, name_of
from dashboards.pages.management.collections import (
    ARREARS_BANDS,
    collection_by_class,
    collection_by_unit,
    money_table,
    rate_of,
)
from dashboards.pages.model import (
    Column,
    Content,
    Figure,
    Linked,
    Mark,
    Message,
    Section,
    Table,
    Target,
    Tile,
)
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import mart_table, sum_of
from dashboards.params import Params, UnknownParameter
from dashboards.view import Period, Row, View

#: The collection curve ends on this day after the bills were issued.
LAST_DAY = 60
_PERIODS_COMPARED = 4
_MEMBERS = ("agent", "outlet", "customer_class")


def unit(view: View, params: Params) -> Content:
    """All units with their rates; with a unit, all that is known of it in the period."""
    t = params.t
    period = params.period(view)
    unit_id = chosen_unit(view, params)
    filters = (
        frame.period_filter(view, params, "unit"),
        frame.member_filter(view, params, "unit", "unit", "business_unit"),
    )
    if unit_id is None:
        return Content(
            (
                collection_by_unit(view, period, t),
                curve(view, period, None, t),
                *_classes(view, period, t),
            ),
            filters,
        )
    name = name_of(view, "business_unit", unit_id, t)
    rows = (
        []
        if view.lacks("collection_by_unit_members")
        else view.query("collection_by_unit_members", period=period.code, unit=unit_id)
    )
    return Content(
        (
            _figures(view, period, unit_id, rows, t),
            curve(view, period, unit_id, t),
            _members(view, period, unit_id, rows, t),
            _arrears(view, unit_id, t),
            _customers(view, period, unit_id, t),
            _problems(view, unit_id, t),
        ),
        filters,
        heading=f"{t('pages.unit.title')} · {name}",
        subheading=t("unit_page.intro", period=period.code, unit=name),
    )


def _classes(view: View, period: Period, t: Translate) -> tuple[Section, ...]:
    """The branch's money by customer class. Empty where there is no bill: the section on units says so."""
    if view.lacks("collection_by_dimension"):
        return ()
    table = collection_by_class(view, period, t)
    return (Section("classes", table.title, blocks=(table,)),) if table.rows else ()


def chosen_unit(view: View, params: Params) -> str | None:
    """The unit that the address names. One without a name counts where bills are of it; any other raises UnknownParameter."""
    unit_id = params.get("unit")
    if unit_id is None or unit_id in view.members("business_unit") or unit_id == frame.UNASSIGNED:
        return unit_id
    billed = () if view.lacks("units_billed") else view.query("units_billed")
    if unit_id not in {row["business_unit_id"] for row in billed}:
        raise UnknownParameter("unit", unit_id)
    return unit_id


def curve(view: View, period: Period, member_id: str | None, t: Translate, dimension: str = "business_unit") -> Section:
    """The share of the receivable that was received by each day since the bills were issued, for the last complete periods.

    Of a unit or of another member of a dimension; without one, of all that the viewer may see.
    """
    title = t("curve.title")
    absent = missing_marts(view, t, "collection_curve")
    if absent is not None:
        return Section("curve", title, blocks=(absent,))
    periods = frame.periods_between(view, period, _PERIODS_COMPARED)
    found: dict[str, list[Row]] = defaultdict(list)
    for row in _curve_rows(view, periods, member_id, dimension):
        found[row["billing_period"]].append(row)
    if not found:
        return Section("curve", title, blocks=(Message(t("curve.none", issued_on=formats.day(period.issued_on))),))
    newest_first = sorted(found, reverse=True)
    shares = {
        code: [formats.ratio_of(row["received"], row["receivable"]) for row in rows] for code, rows in found.items()
    }
    longest = max(len(rows) for rows in found.values())
    by_day = Table(
        columns=(Column(t("curve.day"), "count"), *(Column(code, "percent") for code in newest_first)),
        rows=tuple(
            (day, *(shares[code][day] if day < len(shares[code]) else None for code in newest_first))
            for day in range(longest)
        ),
        title=t("curve.by_day"),
        name="collection_curve",
        how=how(t, "collection_curve"),
    )
    figure = lines(
        [(code, [str(row["day"]) for row in found[code]], shares[code]) for code in newest_first],
        x_title=t("curve.axis_days"),
        y_title=t("collections.axis_rate"),
        at="number",
        is_share=True,
    )
    # The newest period's age is the greatest that all of them have.
    same_age = min(len(rows) for rows in found.values()) - 1
    ages = Table(
        columns=(
            Column(t("headline.billing_period")),
            Column(t("collections.receivable"), "money"),
            Column(t("curve.received_at", day=str(same_age)), "money"),
            Column(t("curve.rate_at", day=str(same_age)), "percent"),
            Column(t("curve.received_newest"), "money"),
            Column(t("curve.rate_newest"), "percent"),
        ),
        rows=tuple(
            (
                code,
                found[code][-1]["receivable"],
                found[code][same_age]["received"],
                shares[code][same_age],
                found[code][-1]["received"],
                shares[code][-1],
            )
            for code in newest_first
        ),
        title=t("curve.same_age", day=str(same_age)),
        definition=t("curve.same_age_definition", last_day=str(LAST_DAY)),
        name="collection_at_same_age",
        how=how(t, "collection_curve"),
    )
    return Section(
        "curve",
        title,
        blocks=(Figure(figure, title, t("curve.definition"), by_day, is_data_shown=False), ages),
        is_paired=False,
    )


def _figures(view: View, period: Period, unit_id: str, members: Sequence[Row], t: Translate) -> Section:
    title = t("unit_page.figures", period=period.code)
    absent = missing_marts(view, t, "collection_by_unit_members")
    if absent is not None:
        return Section("figures", title, blocks=(absent,))
    now = [row for row in members if row["dimension"] == "customer_class"]
    if not now:
        return Section("figures", title, blocks=(_no_bills(period, t),))
    before_rows = view.query("collection_by_unit_members", period=period.before.code, unit=unit_id)
    before = [row for row in before_rows if row["dimension"] == "customer_class"]

    def note(name: str, written: Callable[[Any], str]) -> tuple[str, ...]:
        if not before:
            return ()
        return (t("headline.before", period=period.before.code, value=written(sum_of(before, name))),)

    rate = rate_of(now)
    bills_link = Target.to("bills", unit=unit_id, period=period.code)
    return Section(
        "figures",
        title,
        tiles=(
            Tile(
                t("headline.receivable"),
                formats.money(sum_of(now, "receivable")),
                t("unit_page.receivable_definition"),
                t("unit.yuan"),
                note("receivable", formats.money),
                link=bills_link,
            ),
            Tile(
                t("headline.received"),
                formats.money(sum_of(now, "received")),
                t("headline.received_definition"),
                t("unit.yuan"),
                note("received", formats.money),
                link=Target.to("receivables", unit=unit_id),
            ),
            Tile(
                t("headline.rate"),
                formats.percent(rate),
                t("headline.rate_definition"),
                notes=_change_at_same_age(view, period, unit_id, t),
            ),
            Tile(
                t("headline.bills"),
                formats.count(sum_of(now, "bills")),
                t("unit_page.bills_definition"),
                t("unit.bills"),
                note("bills", formats.count),
                link=bills_link,
            ),
        ),
    )


def _change_at_same_age(view: View, period: Period, unit_id: str, t: Translate) -> tuple[str, ...]:
    """The change of the rate against the period before, when its bills were as old; nothing where there is no such period."""
    rates: dict[str, dict[int, Decimal | None]] = defaultdict(dict)
    for row in _curve_rows(view, [period.before, period], unit_id):
        rates[row["billing_period"]][row["day"]] = formats.ratio_of(row["received"], row["receivable"])
    now, before = rates[period.code], rates[period.before.code]
    day = min(max(now, default=-1), max(before, default=-1))
    rate, rate_before = now.get(day), before.get(day)
    if rate is None or rate_before is None:
        return (t("headline.rate_change_none", period=period.before.code),)
    return (
        t("unit_page.rate_change", change=formats.points(rate - rate_before), period=period.before.code, day=str(day)),
    )


def _curve_rows(
    view: View, periods: Sequence[Period], member_id: str | None, dimension: str = "business_unit"
) -> list[Row]:
    return view.query(
        "collection_curve",
        first_period=periods[0].code,
        last_period=periods[-1].code,
        dimension=dimension,
        member=member_id,
        as_of=view.as_of,
        last_day=LAST_DAY,
    )


def _no_bills(period: Period, t: Translate) -> Message:
    return Message(t("unit_page.no_bills", period=period.code, issued_on=formats.day(period.issued_on)))


def _members(view: View, period: Period, unit_id: str, members: Sequence[Row], t: Translate) -> Section:
    title = t("unit_page.members", period=period.code)
    if not members:
        absent = missing_marts(view, t, "collection_by_unit_members")
        return Section("members", title, blocks=(absent or _no_bills(period, t),))
    blocks = []
    for dimension in _MEMBERS:
        rows = [row for row in members if row["dimension"] == dimension]
        links = {
            row["dimension_id"]: target
            for row in rows
            if (target := _member_target(view, period, unit_id, dimension, row["dimension_id"])) is not None
        }
        blocks.append(money_table(view, rows, dimension, t, "collection_by_unit_members", links))
    return Section("members", title, t("unit_page.members_intro"), blocks=tuple(blocks))


def _member_target(view: View, period: Period, unit_id: str, dimension: str, member_id: str) -> Target | None:
    """The page of an agent or outlet that the reference book has, or the unit's bills of a class."""
    if dimension == "customer_class":
        return Target.to("bills", unit=unit_id, class_=member_id, period=period.code)
    if member_id == frame.UNASSIGNED or (dimension, member_id) not in view.names:
        return None
    if dimension == "agent":
        return Target.to("agent", agent=member_id, period=period.code)
    return Target.to("outlet", outlet=member_id)


def _arrears(view: View, unit_id: str, t: Translate) -> Section:
    title = f"{t('arrears.title')} · {formats.day(view.as_of)}"
    absent = missing_marts(view, t, "arrears_by_unit")
    if absent is not None:
        return Section("arrears", title, blocks=(absent,))
    found = [row for row in view.query("arrears_by_unit") if row["business_unit_id"] == unit_id]
    if not found:
        sentence = Message(t("unit_page.no_arrears", as_of=formats.day(view.as_of)), "good")
        return Section("arrears", title, blocks=(sentence,))
    row = found[0]
    bands = [(t(f"arrears.bands.{band}"), row[band]) for band in ARREARS_BANDS]
    dunning = Target.to("receivables", unit=unit_id)
    table = Table(
        columns=(
            Column(t("arrears.band")),
            Column(t("arrears.accounts"), "count"),
            Column(t("arrears.amount"), "money"),
        ),
        rows=tuple(
            (t(f"arrears.bands.{band}"), row[band.replace("amount", "accounts")], row[band]) for band in ARREARS_BANDS
        ),
        title=t("arrears.table"),
        definition=t("arrears.dunning", accounts=formats.count(row["dunning_accounts"])),
        total=(Linked(t("site.total"), dunning), row["accounts"], row["amount"]),
        name="arrears_by_age",
        how=how(t, "arrears_by_unit"),
    )
    figure = Figure(arrears_bars(bands, t), t("arrears.title"), t("unit_page.arrears_definition"), table)
    return Section("arrears", title, blocks=(figure,))


def _customers(view: View, period: Period, unit_id: str, t: Translate) -> Section:
    title = t("customers.title", period=period.code)
    absent = missing_marts(view, t, "customer_counts_by_period")
    if absent is not None:
        return Section("customers", title, blocks=(absent,))
    rows = view.query("customer_counts_by_period", first_period=period.code, last_period=period.code, unit=unit_id)
    if not rows:
        return Section("customers", title, blocks=(_no_bills(period, t),))
    table = mart_table(
        view,
        t,
        "customer_counts",
        rows,
        ("customer_class", "customers"),
        name="customers",
        queries=("customer_counts_by_period",),
        title=t("customers.by_class"),
        definition=t("customers.definition"),
        sums=("customers",),
        links={
            "customers": lambda row: Target.to("customers", unit=unit_id, period=period.code),
        },
    )
    return Section("customers", title, blocks=(table,))


def _problems(view: View, unit_id: str, t: Translate) -> Section:
    title = t("unit_page.problems")
    absent = missing_marts(view, t, "problems_of_unit")
    if absent is not None:
        return Section("problems", title, blocks=(absent,))
    rows = view.query("problems_of_unit", unit=unit_id)
    if not rows:
        return Section("problems", title, blocks=(Message(t("unit_page.no_problems"), "good"),))
    all_of_unit = Target.to("bulletin", unit=unit_id)
    table = Table(
        columns=(
            Column(t("problems.kind")),
            Column(t("problems.severity")),
            Column(t("unit_page.problem_count"), "count"),
            Column(t("problems.first_seen"), "day"),
        ),
        rows=tuple(
            (
                Linked(t.code("problem_kind", row["kind"]), Target.to("bulletin", unit=unit_id, kind=row["kind"])),
                Mark(t.code("severity", row["severity"]), SEVERITY_TONES.get(row["severity"], "neutral")),
                row["problems"],
                row["first_seen_on"],
            )
            for row in rows
        ),
        title=t("unit_page.problem_table"),
        definition=t("problems.definition"),
        total=(Linked(t("site.total"), all_of_unit), None, sum_of(rows, "problems"), None),
        name="problems",
        how=how(t, "problems_of_unit"),
    )
    return Section("problems", title, blocks=(table,))


def _variants(view: View) -> list[dict[str, str]]:
    """The table of all units in both periods, and each unit in the newest complete one."""
    running = {"period": view.running_period.code}
    named = [{"unit": unit_id} for unit_id in view.members("business_unit")]
    return [{}, *named] if view.complete_period is None else [{}, running, *named]


UNIT = PageSpec(
    "unit",
    "management",
    unit,
    queries=(
        "arrears_by_unit", "billing_periods", "collection_by_dimension", "collection_by_unit_members", "collection_curve",
        "collection_periods", "customer_counts_by_period", "dimension_names", "problems_of_unit", "units_billed",
    ),
    params=("period", "unit"),
    variants=_variants,
)  # fmt: skip
