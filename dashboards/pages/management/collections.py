"""Collections: who pays and who owes. Reads the published edition only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from dashboards import formats
from dashboards.figures.collections import arrears_bars, collection_rate_bars
from dashboards.figures.style import wrapped
from dashboards.i18n import Translate
from dashboards.pages.frame import how, missing_marts, name_of, named
from dashboards.pages.model import Cell, Column, Figure, Linked, Message, Section, Table, Target
from dashboards.pages.tables import sum_of, total_of
from dashboards.view import Period, Row, View

ARREARS_BANDS = ("amount_1_30", "amount_31_60", "amount_61_90", "amount_91_plus")


def collection_by_unit(view: View, period: Period, t: Translate) -> Section:
    """Collection rate of a period by business unit, and the money by unit and customer class."""
    title = t("collections.title")
    if view.complete_period is None:
        absent = missing_marts(view, t, "collection_by_dimension")
        sentence = absent or Message(t("missing.no_period", as_of=formats.day(view.as_of)))
        return Section("collections", title, blocks=(sentence,))
    units = view.query("collection_by_dimension", dimension="business_unit", period=period.code)
    if not units:
        return Section("collections", title, blocks=(Message(t("missing.no_units")),))
    names = [name_of(view, "business_unit", row["dimension_id"], t) for row in units]
    figure = collection_rate_bars(names, [row["collection_rate"] for row in units], rate_of(units), t)
    to_unit = {row["dimension_id"]: unit_target(row["dimension_id"], period) for row in units}
    return Section(
        "collections",
        f"{title} · {period.code}",
        blocks=(
            Figure(
                figure,
                title,
                t("collections.definition"),
                money_table(view, units, "business_unit", t, "collection_by_dimension", links=to_unit),
                links=tuple(
                    (wrapped(name), to_unit[row["dimension_id"]]) for name, row in zip(names, units, strict=True)
                ),
            ),
        ),
    )


def collection_by_class(view: View, period: Period, t: Translate) -> Table:
    """Receivable, received and collection rate of a period by customer class."""
    rows = view.query("collection_by_dimension", dimension="customer_class", period=period.code)
    return money_table(view, rows, "customer_class", t, "collection_by_dimension")


def unit_target(unit_id: str, period: Period) -> Target:
    """The page of a business unit in a period."""
    return Target.to("unit", unit=unit_id, period=period.code)


def money_table(
    view: View,
    rows: Sequence[Row],
    dimension: str,
    t: Translate,
    query: str,
    links: Mapping[str, Target] | None = None,
) -> Table:
    """Bills, receivable, received and the collection rate by the members of a dimension; the foot is their sum."""
    links = links or {}

    def member(member_id: str) -> Cell:
        value = named(view, dimension, member_id, t)
        return Linked(value, links[member_id]) if member_id in links else value

    label = t.code("dimension", dimension)
    return Table(
        columns=(
            Column(label, id_label=t("site.id_of", label=label)),
            Column(t("collections.bills"), "count"),
            Column(t("collections.receivable"), "money"),
            Column(t("collections.received"), "money"),
            Column(t("collections.rate"), "percent"),
        ),
        rows=tuple(
            (member(row["dimension_id"]), row["bills"], row["receivable"], row["received"], row["collection_rate"])
            for row in rows
        ),
        title=t(f"collections.by_{dimension}"),
        name=f"by_{dimension}",
        how=how(t, query),
        total=(
            t("site.total"),
            sum_of(rows, "bills"),
            sum_of(rows, "receivable"),
            sum_of(rows, "received"),
            rate_of(rows),
        )
        if rows
        else None,
    )


def rate_of(rows: Sequence[Row]) -> Decimal | None:
    """The collection rate of several rows together: their received ÷ their receivable."""
    return formats.ratio_of(total_of(row["received"] for row in rows), total_of(row["receivable"] for row in rows))


def arrears_by_age(view: View, t: Translate) -> Section:
    """What is past due on the as-of date, by age."""
    title = t("arrears.title")
    absent = missing_marts(view, t, "arrears_by_age")
    if absent is not None:
        return Section("arrears", title, blocks=(absent,))
    arrears = view.one("arrears_by_age")
    if not arrears["accounts"]:
        return Section(
            "arrears", title, blocks=(Message(t("missing.no_arrears", as_of=formats.day(view.as_of)), "good"),)
        )
    bands = [(t(f"arrears.bands.{band}"), arrears[band]) for band in ARREARS_BANDS]
    table = Table(
        columns=(
            Column(t("arrears.band")),
            Column(t("arrears.accounts"), "count"),
            Column(t("arrears.amount"), "money"),
        ),
        rows=tuple(
            (t(f"arrears.bands.{band}"), arrears[band.replace("amount", "accounts")], arrears[band])
            for band in ARREARS_BANDS
        ),
        title=t("arrears.table"),
        definition=t("arrears.dunning", accounts=formats.count(arrears["dunning_accounts"])),
        total=(t("site.total"), arrears["accounts"], arrears["amount"]),
        name="arrears_by_age",
        how=how(t, "arrears_by_age"),
    )
    return Section(
        "arrears",
        f"{title} · {formats.day(view.as_of)}",
        blocks=(Figure(arrears_bars(bands, t), title, t("arrears.definition"), table),),
    )
