"""Re-ratings (重批): what each published one changed, and the adjustments of closed periods that follow from it."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.i18n import Translate
from dashboards.pages.frame import missing_marts
from dashboards.pages.model import Content, Message, Section, Table, Target
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import mart_table
from dashboards.params import Params
from dashboards.view import Row, View

_AMOUNTS = ("amount_before", "amount_after", "amount_difference")


def reratings(view: View, params: Params) -> Content:
    """Every re-rating of the edition: in sum, by unit, by zone, row by row; then the adjustments."""
    t = params.t
    return Content((_changes(view, t), _adjustments(view, t)))


def _changes(view: View, t: Translate) -> Section:
    title = t("reratings.changes")
    absent = missing_marts(view, t, "rerating_totals", "rerating_by_unit", "rerating_by_zone", "rerating_rows")
    if absent is not None:
        return Section("changes", title, blocks=(absent,))
    rows = view.query("rerating_totals")
    if not rows:
        return Section("changes", title, blocks=(Message(t("reratings.none")),))
    counts = ("calls_before", "calls_after", "calls_changed", "newly_rated_calls", "no_longer_rated_calls")
    totals = mart_table(
        view,
        t,
        "rerating_changes",
        rows,
        ("rerate_id", "first_day", "last_day", "why", *counts, *_AMOUNTS),
        name="reratings",
        queries=("rerating_totals",),
        title=t("reratings.totals"),
        definition=t("reratings.totals_definition"),
        sums=(*counts, *_AMOUNTS),
    )
    return Section(
        "changes",
        title,
        t("reratings.intro"),
        blocks=(totals, _part(view, "unit", "business_unit_id", t), _part(view, "zone", "zone_id", t), _rows(view, t)),
        is_paired=False,
    )


def _part(view: View, part: str, column: str, t: Translate) -> Table:
    query = f"rerating_by_{part}"
    sums = ("calls_changed", *_AMOUNTS)
    return mart_table(
        view,
        t,
        "rerating_changes",
        view.query(query),
        ("rerate_id", column, *sums),
        name=f"by_{part}",
        queries=(query,),
        title=t(f"reratings.by_{part}"),
        sums=sums,
    )


def _account(row: Row) -> Target:
    return Target.to("bills", account=row["account_id"])


def _rows(view: View, t: Translate) -> Table:
    return mart_table(
        view,
        t,
        "rerating_changes",
        view.query("rerating_rows"),
        (
            "rerate_id", "account_id", "zone_id", "business_unit_id", "billing_period", "is_period_closed", "calls_changed", *_AMOUNTS,
            "adjusted_in",
        ),
        name="changes",
        queries=("rerating_rows",),
        title=t("reratings.rows"),
        definition=t("reratings.rows_definition"),
        sums=("calls_changed", *_AMOUNTS),
        links={"account_id": _account},
    )  # fmt: skip


def _adjustments(view: View, t: Translate) -> Section:
    title = t("reratings.adjustments")
    absent = missing_marts(view, t, "rerating_adjustment_totals", "rerating_adjustment_rows")
    if absent is not None:
        return Section("adjustments", title, blocks=(absent,))
    rows = view.query("rerating_adjustment_totals")
    if not rows:
        return Section("adjustments", title, blocks=(Message(t("reratings.no_adjustments")),))

    def table(
        name: str, query: str, shown: Sequence[Row], columns: tuple[str, ...], text: str, definition: str = ""
    ) -> Table:
        return mart_table(
            view,
            t,
            "rerating_adjustments",
            shown,
            columns,
            name=name,
            queries=(query,),
            title=text,
            definition=definition,
            sums=("calls", *_AMOUNTS),
            links={"account_id": _account},
        )

    return Section(
        "adjustments",
        title,
        t("reratings.adjustments_intro"),
        blocks=(
            table(
                "adjustments_by_period",
                "rerating_adjustment_totals",
                rows,
                ("rerate_id", "closed_period", "adjusted_in", "calls", *_AMOUNTS),
                t("reratings.adjustments_by_period"),
                t("reratings.adjustments_definition"),
            ),
            table(
                "adjustments",
                "rerating_adjustment_rows",
                view.query("rerating_adjustment_rows"),
                (
                    "rerate_id", "account_id", "service_number", "bill_item_id", "zone_id", "business_unit_id", "closed_period",
                    "call_date", "calls", *_AMOUNTS, "adjusted_in",
                ),
                t("reratings.adjustment_rows"),
            ),
        ),
        is_paired=False,
    )  # fmt: skip


RERATINGS = PageSpec(
    "reratings",
    "finance",
    reratings,
    queries=(
        "dimension_names", "rerating_adjustment_rows", "rerating_adjustment_totals", "rerating_by_unit", "rerating_by_zone",
        "rerating_rows", "rerating_totals",
    ),
)  # fmt: skip
