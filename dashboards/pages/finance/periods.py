"""The billing periods: their state, their money and calls, which figures of each can still change, and what reopenings changed."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.pages.frame import how
from dashboards.pages.model import Block, Column, Content, Linked, Mark, Message, Section, Table, Target, Tone
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import head, mart_table, section_of_rows, sum_of, with_column
from dashboards.params import Params
from dashboards.view import Row, View

_TONES: dict[str, Tone] = {"closed": "good", "provisional": "warning"}


def periods(view: View, params: Params) -> Content:
    """Every billing period, the newest first."""
    t = params.t
    rows = view.query("periods_with_figures")
    title = t("period_list.title", as_of=formats.day(view.as_of))
    if not rows:
        return Content((Section("periods", title, blocks=(Message(t("period_list.none")),)),))
    return Content(
        (
            Section(
                "periods", title, t("headline.periods_definition"), blocks=(_figures(rows, view, t),), is_paired=False
            ),
            Section("provisional", t("period_list.provisional"), blocks=(_what_can_change(rows, t),), is_paired=False),
            _reopenings(view, t),
        )
    )


def _state(row: Row, t: Translate) -> Mark | str:
    text = t.code("period_state", row["period_state"])
    tone = _TONES.get(row["period_state"])
    return text if tone is None else Mark(text, tone)


def _figures(rows: list[Row], view: View, t: Translate) -> Table:
    receivable, received = sum_of(rows, "receivable"), sum_of(rows, "received")
    return Table(
        columns=(
            head("billing_periods", "billing_period", t),
            head("billing_periods", "period_state", t),
            Column(t("period_list.is_closed"), "flag"),
            head("billing_periods", "issued_on", t),
            head("billing_periods", "due_on", t),
            head("collection_rates", "bills", t),
            head("collection_rates", "receivable", t),
            head("collection_rates", "received", t),
            head("collection_rates", "written_off", t),
            Column(t("period_list.open_amount"), "money", t("unit.yuan")),
            head("collection_rates", "collection_rate", t),
            Column(t("period_list.provisional_amount"), "money", t("unit.yuan")),
            Column(t("headline.calls"), "count"),
        ),
        rows=tuple(
            (
                Linked(row["billing_period"], Target.to("overview", period=row["billing_period"])),
                _state(row, t),
                row["period_state"] == "closed",
                row["issued_on"],
                row["due_on"],
                row["bills"],
                row["receivable"],
                row["received"],
                row["written_off"],
                row["open_amount"],
                formats.ratio_of(row["received"], row["receivable"]),
                row["provisional_amount"],
                row["calls"],
            )
            for row in rows
        ),
        title=t("period_list.table"),
        definition=t("period_list.definition", as_of=formats.day(view.as_of)),
        total=(
            t("site.total"),
            None,
            None,
            None,
            None,
            sum_of(rows, "bills"),
            receivable,
            received,
            sum_of(rows, "written_off"),
            sum_of(rows, "open_amount"),
            formats.ratio_of(received, receivable),
            sum_of(rows, "provisional_amount"),
            sum_of(rows, "calls"),
        ),
        name="periods",
        how=how(t, "periods_with_figures"),
    )


def _what_can_change(rows: list[Row], t: Translate) -> Table:
    return Table(
        columns=(
            head("billing_periods", "billing_period", t),
            head("billing_periods", "period_state", t),
            *(Column(t(f"period_list.{part}")) for part in ("calls", "bills", "received")),
        ),
        rows=tuple(
            (
                row["billing_period"],
                _state(row, t),
                *(t(f"period_list.{part}_{row['period_state']}") for part in ("calls", "bills")),
                t(
                    "period_list.received_running"
                    if row["period_state"] == "provisional"
                    else "period_list.received_on"
                ),
            )
            for row in rows
        ),
        title=t("period_list.provisional_table"),
        definition=t("period_list.provisional_definition"),
        name="what_can_change",
        how=how(t, "periods_with_figures"),
    )


def _reopenings(view: View, t: Translate) -> Section:
    """Every reopening of a closed period: what had been closed, and what it comes to since."""

    def blocks(rows: Sequence[Row]) -> tuple[Block, ...]:
        amounts = ("frozen_amount", "amount", "difference_amount")
        is_one = len(rows) == 1  # a sum over reopenings of one period would count its money twice
        listed = mart_table(
            view,
            t,
            "period_reopenings",
            rows,
            ("billing_period", "reopening_number", "reopened_at", "reopened_by", "why"),
            name="reopenings",
            queries=("reopenings",),
            definition=t("period_list.reopenings_definition"),
        )
        totals = mart_table(
            view,
            t,
            "period_reopenings",
            rows,
            ("billing_period", "reopening_number", "frozen_calls", "calls", "frozen_seconds", "seconds", *amounts),
            name="reopening_figures",
            queries=("reopenings",),
            title=t("period_list.reopening_figures"),
        )
        by_item = mart_table(
            view,
            t,
            "period_reopenings",
            view.query("reopenings_by_item"),
            ("billing_period", "reopening_number", "bill_item_id", "frozen_lines", "lines", *amounts),
            name="reopenings_by_item",
            queries=("reopenings_by_item",),
            title=t("period_list.reopenings_by_item"),
            sums=("frozen_lines", "lines", *amounts) if is_one else (),
        )
        bills = mart_table(
            view,
            t,
            "period_reopenings",
            view.query("reopened_bills"),
            ("billing_period", "reopening_number", "account_id", "frozen_calls", "calls", *amounts),
            name="reopened_bills",
            queries=("reopened_bills",),
            title=t("period_list.reopened_bills"),
            sums=amounts if is_one else (),
            links={"account_id": lambda row: Target.to("bills", account=row["account_id"])},
        )
        changed = Column(t("period_list.bills_changed"), "count")
        return (listed, with_column(totals, 6, changed, [row["bills_changed"] for row in rows]), by_item, bills)

    nothing = Message(t("period_list.no_reopenings"))
    return section_of_rows(view, t, "reopenings", t("period_list.reopenings"), "reopenings", nothing, blocks)


PERIODS = PageSpec(
    "periods",
    "finance",
    periods,
    queries=("dimension_names", "periods_with_figures", "reopened_bills", "reopenings", "reopenings_by_item"),
)
