"""Customers: how many have a bill, by unit and class, and how that changes from period to period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from dashboards import formats
from dashboards.figures.series import stacked_columns
from dashboards.i18n import Translate
from dashboards.pages import frame
from dashboards.pages.frame import how, missing_marts, name_of, named
from dashboards.pages.management.unit import chosen_unit
from dashboards.pages.model import Cell, Column, Content, Figure, Linked, Message, Section, Table, Target
from dashboards.pages.spec import PageSpec
from dashboards.params import Params
from dashboards.view import Period, Row, View

_MONTHS = 12


def customers(view: View, params: Params) -> Content:
    """The period's customers by unit and class with their change, and the periods side by side."""
    t = params.t
    period = params.period(view)
    unit_id = chosen_unit(view, params)
    filters = (
        frame.period_filter(view, params, "customers"),
        frame.member_filter(view, params, "customers", "unit", "business_unit"),
    )
    title = t("customers.title", period=period.code)
    absent = missing_marts(view, t, "customer_counts_by_period")
    if absent is not None:
        return Content((Section("customers", title, blocks=(absent,)),), filters)
    periods = frame.periods_between(view, period, _MONTHS)
    rows = view.query(
        "customer_counts_by_period",
        first_period=min(periods[0].code, period.before.code),
        last_period=period.code,
        unit=unit_id,
    )
    by_period: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_period[row["billing_period"]].append(row)
    now, before = by_period.get(period.code, []), by_period.get(period.before.code, [])
    if not now:
        sentence = Message(t("customers.none", period=period.code, issued_on=formats.day(period.issued_on)))
        return Content((Section("customers", title, blocks=(sentence,)),), filters)
    tables = tuple(
        _change_table(view, now, before, column, period, t) for column in ("business_unit_id", "customer_class")
    )
    return Content(
        (
            Section("customers", title, blocks=tables),
            _cross(view, now, period, t),
            _by_period(by_period, t),
        ),
        filters,
    )


def _counts(rows: Sequence[Row], column: str) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[row[column]] += row["customers"]
    return dict(counts)


def _member(view: View, column: str, member: str, period: Period, t: Translate) -> Cell:
    if column == "customer_class":
        return t.code("customer_class", member)
    target = Target.to("unit", unit=member, period=period.code)
    return Linked(named(view, "business_unit", member, t), target)


def _change_table(
    view: View, now: Sequence[Row], before: Sequence[Row], column: str, period: Period, t: Translate
) -> Table:
    """Customers by unit or class, with the change against the period before. The first period has no change."""
    count, count_before = _counts(now, column), _counts(before, column)
    members = sorted({*count, *count_before}, key=lambda member: (-count.get(member, 0), member))
    label = t("dimension.business_unit" if column == "business_unit_id" else "dimension.customer_class")

    def line(first: Cell, number: int, number_before: int) -> tuple[Cell, ...]:
        if not before:
            return (first, number)
        change = number - number_before
        return (first, number, number_before, change, formats.ratio_of(change, number_before))

    columns = [
        Column(label, id_label=t("site.id_of", label=label) if column == "business_unit_id" else ""),
        Column(period.code, "count"),
    ]
    if before:
        columns += [
            Column(period.before.code, "count"),
            Column(t("customers.change"), "count"),
            Column(t("customers.change_share"), "percent"),
        ]
    name = "by_unit" if column == "business_unit_id" else "by_class"
    return Table(
        columns=tuple(columns),
        rows=tuple(
            line(_member(view, column, member, period, t), count.get(member, 0), count_before.get(member, 0))
            for member in members
        ),
        title=t(f"customers.{name}"),
        definition=t("customers.definition") if before else f"{t('customers.definition')} {t('customers.no_before')}",
        total=line(t("site.total"), sum(count.values()), sum(count_before.values())),
        name=f"customers_{name}",
        how=how(t, "customer_counts_by_period"),
    )


def _cross(view: View, now: Sequence[Row], period: Period, t: Translate) -> Section:
    """Customers of the period, units down and classes across."""
    by_unit, by_class = _counts(now, "business_unit_id"), _counts(now, "customer_class")
    classes = sorted(by_class, key=lambda code: (-by_class[code], code))
    units = sorted(by_unit, key=lambda unit_id: (-by_unit[unit_id], unit_id))
    counts = {(row["business_unit_id"], row["customer_class"]): row["customers"] for row in now}
    label = t("dimension.business_unit")
    table = Table(
        columns=(
            Column(label, id_label=t("site.id_of", label=label)),
            *(Column(t.code("customer_class", code), "count") for code in classes),
            Column(t("site.total"), "count"),
        ),
        rows=tuple(
            (
                _member(view, "business_unit_id", unit_id, period, t),
                *(counts.get((unit_id, code)) for code in classes),
                by_unit[unit_id],
            )
            for unit_id in units
        ),
        title=t("customers.cross"),
        total=(t("site.total"), *(by_class[code] for code in classes), sum(by_class.values())),
        name="customers_by_unit_and_class",
        how=how(t, "customer_counts_by_period"),
    )
    figure = stacked_columns(
        [name_of(view, "business_unit", unit_id, t) for unit_id in units],
        [(t.code("customer_class", code), [counts.get((unit_id, code)) for unit_id in units]) for code in classes],
        x_title=label,
        y_title=t("customers.axis"),
    )
    title = t("customers.cross")
    return Section("units", title, blocks=(Figure(figure, title, t("customers.definition"), table),))


def _by_period(by_period: dict[str, list[Row]], t: Translate) -> Section:
    """Customers by class, period by period."""
    codes = sorted(by_period)
    counts = {code: _counts(rows, "customer_class") for code, rows in by_period.items()}
    newest = counts[codes[-1]]
    classes = sorted({each for of in counts.values() for each in of}, key=lambda code: (-newest.get(code, 0), code))
    table = Table(
        columns=(Column(t("dimension.customer_class")), *(Column(code, "count") for code in codes)),
        rows=tuple((t.code("customer_class", each), *(counts[code].get(each) for code in codes)) for each in classes),
        title=t("customers.by_period"),
        total=(t("site.total"), *(sum(counts[code].values()) for code in codes)),
        name="customers_by_period",
        how=how(t, "customer_counts_by_period"),
    )
    figure = stacked_columns(
        codes,
        [(t.code("customer_class", each), [counts[code].get(each) for code in codes]) for each in classes],
        x_title=t("headline.billing_period"),
        y_title=t("customers.axis"),
    )
    title = t("customers.by_period")
    return Section("periods", title, blocks=(Figure(figure, title, t("customers.by_period_definition"), table),))


CUSTOMERS = PageSpec(
    "customers",
    "management",
    customers,
    queries=("billing_periods", "collection_periods", "customer_counts_by_period", "dimension_names", "units_billed"),
    params=("period", "unit"),
)
