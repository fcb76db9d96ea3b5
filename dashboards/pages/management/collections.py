"""Collections: who pays and who owes. Reads the published edition only."""

from __future__ import annotations

from dashboards import formats
from dashboards.figures.collections import arrears_bars, collection_rate_bars
from dashboards.i18n import Translate
from dashboards.pages.frame import how, missing_marts, name_of, named
from dashboards.pages.model import Cell, Column, Figure, Message, Section, Table
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
    branch = view.query("collection_by_dimension", dimension="branch", period=period.code)
    if not units:
        return Section("collections", title, blocks=(Message(t("missing.no_units")),))
    figure = collection_rate_bars(
        [name_of(view, "business_unit", row["dimension_id"], t) for row in units],
        [row["collection_rate"] for row in units],
        branch[0]["collection_rate"] if branch else None,
        t,
    )
    return Section(
        "collections",
        f"{title} · {period.code}",
        blocks=(
            Figure(
                figure,
                title,
                t("collections.definition"),
                money_table(view, period.code, "business_unit", t("collections.table"), t),
            ),
            money_table(view, period.code, "customer_class", t("collections.by_class"), t),
        ),
    )


def money_table(view: View, period: str, dimension: str, title: str, t: Translate) -> Table:
    """Bills, receivable, received and the collection rate by the members of a dimension, with the branch as their total."""
    rows = view.query("collection_by_dimension", dimension=dimension, period=period)
    branch = view.query("collection_by_dimension", dimension="branch", period=period)

    def figures(row: Row) -> tuple[Cell, ...]:
        return (row["bills"], row["receivable"], row["received"], row["collection_rate"])

    return Table(
        columns=(
            Column(t(f"collections.{dimension}"), id_label=t("site.id_of", label=t(f"collections.{dimension}"))),
            Column(t("collections.bills"), "count"),
            Column(t("collections.receivable"), "money"),
            Column(t("collections.received"), "money"),
            Column(t("collections.rate"), "percent"),
        ),
        rows=tuple((named(view, dimension, row["dimension_id"], t), *figures(row)) for row in rows),
        title=title,
        name=f"by_{dimension}",
        how=how(t, "collection_by_dimension"),
        total=(t("site.total"), *figures(branch[0])) if branch else None,
    )


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
