"""Collections: who pays and who owes. Reads the published edition only."""

from __future__ import annotations

from dashboards import formats
from dashboards.edition import Edition, Row
from dashboards.figures.collections import arrears_bars, collection_rate_bars
from dashboards.i18n import Translate
from dashboards.pages.frame import missing_marts, name_of
from dashboards.pages.model import Column, Figure, Message, Section, Table

ARREARS_BANDS = ("amount_1_30", "amount_31_60", "amount_61_90", "amount_91_plus")


def collection_by_unit(edition: Edition, t: Translate) -> Section:
    """Collection rate of the newest complete period by business unit, and the money by unit and customer class."""
    title = t("collections.title")
    period = edition.complete_period
    if period is None:
        absent = missing_marts(edition, t, "collection_by_dimension")
        sentence = absent or Message(t("missing.no_period", as_of=formats.day(edition.as_of)))
        return Section("collections", title, blocks=(sentence,))
    units = edition.query("collection_by_dimension", dimension="business_unit", period=period.code)
    branch = edition.query("collection_by_dimension", dimension="branch", period=period.code)
    if not units:
        return Section("collections", title, blocks=(Message(t("missing.no_units")),))
    figure = collection_rate_bars(
        [name_of(edition, "business_unit", row["dimension_id"], t) for row in units],
        [row["collection_rate"] for row in units],
        branch[0]["collection_rate"] if branch else None,
        t,
    )
    return Section(
        "collections",
        f"{title} · {period.code}",
        blocks=(
            Figure(figure, title, t("collections.definition")),
            _money_table(edition, period.code, "business_unit", t("collections.table"), t),
            _money_table(edition, period.code, "customer_class", t("collections.by_class"), t),
        ),
    )


def _money_table(edition: Edition, period: str, dimension: str, title: str, t: Translate) -> Table:
    rows = edition.query("collection_by_dimension", dimension=dimension, period=period)
    branch = edition.query("collection_by_dimension", dimension="branch", period=period)

    def figures(row: Row) -> tuple[str, ...]:
        return (
            formats.count(row["bills"]),
            formats.money(row["receivable"]),
            formats.money(row["received"]),
            formats.percent(row["collection_rate"]),
        )

    return Table(
        columns=(
            Column(t(f"collections.{dimension}")),
            Column(t("collections.bills"), is_figure=True),
            Column(t("collections.receivable"), is_figure=True),
            Column(t("collections.received"), is_figure=True),
            Column(t("collections.rate"), is_figure=True),
        ),
        rows=tuple((name_of(edition, dimension, row["dimension_id"], t), *figures(row)) for row in rows),
        title=title,
        total=(t("site.total"), *figures(branch[0])) if branch else None,
    )


def arrears_by_age(edition: Edition, t: Translate) -> Section:
    """What is past due on the as-of date, by age."""
    title = t("arrears.title")
    absent = missing_marts(edition, t, "arrears_by_age")
    if absent is not None:
        return Section("arrears", title, blocks=(absent,))
    arrears = edition.one("arrears_by_age")
    if not arrears["accounts"]:
        return Section(
            "arrears", title, blocks=(Message(t("missing.no_arrears", as_of=formats.day(edition.as_of)), "good"),)
        )
    bands = [(t(f"arrears.bands.{band}"), arrears[band]) for band in ARREARS_BANDS]
    table = Table(
        columns=(
            Column(t("arrears.band")),
            Column(t("arrears.accounts"), is_figure=True),
            Column(t("arrears.amount"), is_figure=True),
        ),
        rows=tuple(
            (
                t(f"arrears.bands.{band}"),
                formats.count(arrears[band.replace("amount", "accounts")]),
                formats.money(arrears[band]),
            )
            for band in ARREARS_BANDS
        ),
        title=t("arrears.table"),
        definition=t("arrears.dunning", accounts=formats.count(arrears["dunning_accounts"])),
        total=(t("site.total"), formats.count(arrears["accounts"]), formats.money(arrears["amount"])),
    )
    return Section(
        "arrears",
        f"{title} · {formats.day(edition.as_of)}",
        blocks=(Figure(arrears_bars(bands, t), title, t("arrears.definition")), table),
    )
