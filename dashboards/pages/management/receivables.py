"""Receivables: what is owed by age and unit, how it rolls from month to month, who is dunned and why, and what is prepaid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from dashboards import formats
from dashboards.figures.series import lines, stacked_columns
from dashboards.i18n import Translate
from dashboards.pages import frame
from dashboards.pages.frame import how, missing_marts, name_of, named
from dashboards.pages.management.collections import ARREARS_BANDS
from dashboards.pages.management.unit import chosen_unit
from dashboards.pages.model import Block, Column, Content, Figure, Linked, Message, Section, Table, Target
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import head, mart_table, section_of_rows, sum_of, total_of
from dashboards.params import Params
from dashboards.view import Row, View

#: So many months stand beside each other; the files of the roll-forward have all.
MONTHS_SHOWN = 12


def receivables(view: View, params: Params) -> Content:
    """The ageing, the roll-forward, the dunning list and the prepaid balances, of the branch or of one unit."""
    t = params.t
    unit_id = chosen_unit(view, params)
    return Content(
        (
            _ageing(view, unit_id, t),
            *_roll(view, unit_id, t),
            _kpis(view, unit_id, t),
            _roll_rates(view, unit_id, t),
            _dunning(view, unit_id, t),
            _dunned_bills(view, unit_id, t),
            _prepaid(view, unit_id, t),
        ),
        (frame.member_filter(view, params, "receivables", "unit", "business_unit"),),
        finance_files=frame.finance_files(t, params.period(view).code, "receivables", "collections"),
    )


def _ageing(view: View, unit_id: str | None, t: Translate) -> Section:
    title = t("receivables.ageing", as_of=formats.day(view.as_of))
    absent = missing_marts(view, t, "arrears_by_unit")
    if absent is not None:
        return Section("ageing", title, blocks=(absent,))
    rows = [row for row in view.query("arrears_by_unit") if unit_id in (None, row["business_unit_id"])]
    if not rows:
        return Section("ageing", title, blocks=(_no_arrears(view, t),))
    names = [name_of(view, "business_unit", row["business_unit_id"], t) for row in rows]
    figure = stacked_columns(
        names,
        [
            (t("receivables.days", days=t(f"arrears.bands.{band}")), [row[band] for row in rows])
            for band in ARREARS_BANDS
        ],
        x_title=t("dimension.business_unit"),
        y_title=t("receivables.axis_arrears"),
    )
    label = t("dimension.business_unit")
    amounts = ("accounts", "amount", *ARREARS_BANDS)
    table = Table(
        columns=(
            Column(label, id_label=t("site.id_of", label=label)),
            Column(t("arrears.accounts"), "count"),
            Column(t("arrears.amount"), "money"),
            *(Column(t("receivables.days", days=t(f"arrears.bands.{band}")), "money") for band in ARREARS_BANDS),
        ),
        rows=tuple(
            (
                Linked(
                    named(view, "business_unit", row["business_unit_id"], t),
                    Target.to("unit", unit=row["business_unit_id"]),
                ),
                *(row[name] for name in amounts),
            )
            for row in rows
        ),
        title=t("receivables.ageing_table"),
        total=(t("site.total"), *(sum_of(rows, name) for name in amounts)),
        name="ageing_by_unit",
        how=how(t, "arrears_by_unit"),
    )
    return Section("ageing", title, blocks=(Figure(figure, title, t("receivables.ageing_definition"), table),))


def _no_arrears(view: View, t: Translate) -> Message:
    return Message(t("missing.no_arrears", as_of=formats.day(view.as_of)), "good")


def _roll(view: View, unit_id: str | None, t: Translate) -> tuple[Section, ...]:
    title = t("receivables.roll")
    absent = missing_marts(view, t, "receivables_by_month")
    if absent is not None:
        return (Section("roll", title, blocks=(absent,)),)
    rows = view.query("receivables_by_month", unit=unit_id, as_of=view.as_of)
    if not rows:
        return (Section("roll", title, blocks=(Message(t("receivables.none")),)),)
    return (
        _periods(rows, view, unit_id, t),
        Section("roll", title, blocks=(_roll_forward(rows, t), _month_ends(rows, t)), is_paired=False),
    )


def _periods(rows: list[Row], view: View, unit_id: str | None, t: Translate) -> Section:
    """Per period: billed, applied to date, and open on the as-of date."""
    by_period: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_period[row["billing_period"]].append(row)
    newest_first = sorted(by_period, reverse=True)
    billed = {code: total_of(row["billed"] for row in by_period[code]) for code in newest_first}
    applied = {code: total_of(row["applied"] for row in by_period[code]) for code in newest_first}
    written_off = {code: total_of(row["written_off"] for row in by_period[code]) for code in newest_first}
    still_open = {code: by_period[code][-1]["open_at_end"] for code in newest_first}
    table = Table(
        columns=(
            Column(t("headline.billing_period")),
            Column(t("collections.receivable"), "money"),
            Column(t("collections.received"), "money"),
            head("collection_rates", "written_off", t),
            Column(t("receivables.open"), "money"),
            Column(t("collections.rate"), "percent"),
        ),
        rows=tuple(
            (
                Linked(code, Target.to("unit", period=code, unit=unit_id)),
                billed[code],
                applied[code],
                written_off[code],
                still_open[code],
                formats.ratio_of(applied[code], billed[code]),
            )
            for code in newest_first
        ),
        title=t("receivables.periods"),
        definition=t("receivables.periods_definition", as_of=formats.day(view.as_of)),
        total=(
            t("site.total"),
            total_of(billed.values()),
            total_of(applied.values()),
            total_of(written_off.values()),
            total_of(still_open.values()),
            formats.ratio_of(total_of(applied.values()), total_of(billed.values())),
        ),
        name="periods",
        how=how(t, "receivables_by_month"),
    )
    oldest_first = newest_first[::-1][-MONTHS_SHOWN:]
    figure = stacked_columns(
        oldest_first,
        [
            (t("headline.received"), [applied[code] for code in oldest_first]),
            (t("receivables.open_short"), [still_open[code] for code in oldest_first]),
        ],
        x_title=t("headline.billing_period"),
        y_title=t("unit.yuan"),
    )
    title = t("receivables.periods_title")
    return Section("periods", title, blocks=(Figure(figure, title, t("receivables.figure_definition"), table),))


def _roll_forward(rows: list[Row], t: Translate) -> Table:
    """Per month over all periods: open at its start + billed - applied - written off = open at its end."""
    billed: dict[str, Decimal] = defaultdict(Decimal)
    applied: dict[str, Decimal] = defaultdict(Decimal)
    written_off: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        billed[row["month"]] += row["billed"]
        applied[row["month"]] += row["applied"]
        written_off[row["month"]] += row["written_off"]
    months = []
    still_open = Decimal(0)
    for month in sorted(billed):
        at_start = still_open
        still_open = at_start + billed[month] - applied[month] - written_off[month]
        months.append((month, at_start, billed[month], applied[month], written_off[month], still_open))
    return Table(
        columns=(
            Column(t("receivables.month")),
            Column(t("receivables.at_start"), "money"),
            Column(t("receivables.billed"), "money"),
            Column(t("receivables.applied"), "money"),
            head("collection_rates", "written_off", t),
            Column(t("receivables.at_end"), "money"),
        ),
        rows=tuple(reversed(months)),
        title=t("receivables.roll_table"),
        definition=t("receivables.roll_definition"),
        total=(
            t("site.total"),
            None,
            total_of(billed.values()),
            total_of(applied.values()),
            total_of(written_off.values()),
            still_open,
        ),
        name="roll_forward",
        how=how(t, "receivables_by_month"),
    )


def _month_ends(rows: list[Row], t: Translate) -> Table:
    """What of each period was open at the end of each month; the columns sum to the roll-forward."""
    months = sorted({row["month"] for row in rows})[-MONTHS_SHOWN:]
    open_at = {(row["billing_period"], row["month"]): row["open_at_end"] for row in rows}
    periods = sorted({row["billing_period"] for row in rows}, reverse=True)
    return Table(
        columns=(Column(t("headline.billing_period")), *(Column(month, "money") for month in months)),
        rows=tuple((code, *(open_at.get((code, month)) for month in months)) for code in periods),
        title=t("receivables.month_ends"),
        definition=t("receivables.month_ends_definition"),
        total=(
            t("site.total"),
            *(total_of(open_at.get((code, month)) for code in periods) for month in months),
        ),
        name="open_by_month_end",
        how=how(t, "receivables_by_month"),
    )


def _member(view: View, unit_id: str | None) -> dict[str, str]:
    """The member whose rows of a mart by dimensions are shown: the branch, or one unit; the only one of a viewer's scope too."""
    units = view.viewer.scope.units
    if unit_id is None and len(units) == 1:
        (unit_id,) = units
    if unit_id is None:
        return {"dimension": "branch", "member": "branch"}
    return {"dimension": "business_unit", "member": unit_id}


def _nothing(view: View, t: Translate) -> Message:
    """Why there are no figures: no bill is issued, or the branch's are not for this viewer."""
    return Message(t("receivables.none" if view.viewer.scope.is_whole_branch else "receivables.choose_unit"))


def _kpis(view: View, unit_id: str | None, t: Translate) -> Section:
    """Per month what was open, billed and received, with DSO and CEI."""
    amounts = (
        "opening_receivable", "billed", "received", "written_off", "closing_receivable", "closing_not_due", "closing_past_due",
        "collectible",
    )  # fmt: skip

    def blocks(rows: Sequence[Row]) -> tuple[Block, ...]:
        table = mart_table(
            view,
            t,
            "receivables_kpis",
            rows,
            ("month", "until_day", *amounts, "days_in_month", "days_sales_outstanding", "collection_effectiveness"),
            name="kpis",
            queries=("receivables_kpis_by_month",),
            title=t("receivables.kpis"),
            definition=t("receivables.kpis_definition"),
        )
        shown = rows[:MONTHS_SHOWN][::-1]
        figure = lines(
            [
                (
                    t("receivables.axis_dso"),
                    [row["month"] for row in shown],
                    [row["days_sales_outstanding"] for row in shown],
                )
            ],
            x_title=t("receivables.month"),
            y_title=t("receivables.axis_dso"),
            at="month",
        )
        return (Figure(figure, t("receivables.kpis_title"), t("receivables.kpis_figure"), table),)

    return section_of_rows(
        view,
        t,
        "kpis",
        t("receivables.kpis_title"),
        "receivables_kpis_by_month",
        _nothing(view, t),
        blocks,
        **_member(view, unit_id),
    )


def _roll_rates(view: View, unit_id: str | None, t: Translate) -> Section:
    """Per month and ageing bucket what was paid and what rolled on."""
    amounts = ("amount_not_due", *ARREARS_BANDS)
    return section_of_rows(
        view,
        t,
        "roll_rates",
        t("receivables.roll_rates_title"),
        "roll_rates_by_month",
        _nothing(view, t),
        lambda rows: (
            mart_table(
                view,
                t,
                "roll_rates",
                rows,
                (
                    "month",
                    "from_bucket",
                    "from_amount",
                    "paid_amount",
                    "written_off_amount",
                    "rolled_amount",
                    "roll_rate",
                    *amounts,
                    "until_day",
                ),
                name="roll_rates",
                queries=("roll_rates_by_month",),
                title=t("receivables.roll_rates"),
                definition=t("receivables.roll_rates_definition"),
            ),
        ),
        **_member(view, unit_id),
    )


def _dunning(view: View, unit_id: str | None, t: Translate) -> Section:
    title = t("receivables.dunning")
    absent = missing_marts(view, t, "dunning_list")
    if absent is not None:
        return Section("dunning", title, blocks=(absent,))
    rows = view.query("dunning_list", unit=unit_id)
    if not rows:
        return Section("dunning", title, blocks=(_no_arrears(view, t),))
    table = mart_table(
        view,
        t,
        "arrears",
        rows,
        ("settling_account_id", "business_unit_id", "outlet_id", "amount", *ARREARS_BANDS, "days_past_due"),
        name="dunning_list",
        queries=("dunning_list",),
        title=t("receivables.dunning_table"),
        definition=t("receivables.dunning_definition"),
        sums=("amount", *ARREARS_BANDS),
        links={"settling_account_id": lambda row: Target.to("bills", account=row["settling_account_id"])},
    )
    return Section("dunning", title, blocks=(table,))


def _dunned_bills(view: View, unit_id: str | None, t: Translate) -> Section:
    """The bills past due with their reasons: those to dun, and those that known money covers."""

    def listed(rows: Sequence[Row], name: str, columns: Sequence[str], sums: Sequence[str]) -> Block:
        return mart_table(
            view,
            t,
            "dunning_list",
            rows,
            (
                "settling_account_id",
                "account_id",
                "billing_period",
                "business_unit_id",
                "outlet_id",
                *columns,
                "days_past_due",
                "reason",
                f"reason_{t.language}",
            ),
            name=name,
            queries=("dunned_bills",),
            title=t(f"receivables.{name}"),
            definition=t(f"receivables.{name}_definition"),
            sums=sums,
            links={"settling_account_id": lambda row: Target.to("bills", account=row["settling_account_id"])},
        )

    def blocks(rows: Sequence[Row]) -> tuple[Block, ...]:
        dunned = [row for row in rows if row["is_dunned"]]
        covered = [row for row in rows if not row["is_dunned"]]
        amounts = ("amount", "covering_amount", "dunned_amount")
        return (
            listed(dunned, "dunned_bills", amounts, amounts)
            if dunned
            else Message(t("receivables.none_dunned"), "good"),
            *([listed(covered, "not_dunned", ("amount", "cover_account_id"), ("amount",))] if covered else []),
        )

    return section_of_rows(
        view,
        t,
        "dunned_bills",
        t("receivables.dunned_bills"),
        "dunned_bills",
        _no_arrears(view, t),
        blocks,
        unit=unit_id,
    )


def _prepaid(view: View, unit_id: str | None, t: Translate) -> Section:
    amounts = ("prepaid_amount", "overdrawn_amount", "amount")
    return section_of_rows(
        view,
        t,
        "prepaid",
        t("receivables.prepaid"),
        "prepaid_listed",
        Message(t("receivables.no_prepaid")),
        lambda rows: (
            mart_table(
                view,
                t,
                "prepaid_balances",
                rows,
                (
                    "settling_account_id",
                    "business_unit_id",
                    "outlet_id",
                    *amounts,
                    "payments",
                    "prepaid_since",
                    "newest_payment_on",
                    "overdrawn_since",
                ),
                name="prepaid",
                queries=("prepaid_listed",),
                title=t("receivables.prepaid_table"),
                definition=t("receivables.prepaid_definition"),
                sums=amounts,
                links={"settling_account_id": lambda row: Target.to("bills", account=row["settling_account_id"])},
            ),
        ),
        unit=unit_id,
    )


def _variants(view: View) -> list[dict[str, str]]:
    return [{}, *({"unit": unit_id} for unit_id in view.members("business_unit"))]


RECEIVABLES = PageSpec(
    "receivables",
    "management",
    receivables,
    queries=(
        "arrears_by_unit", "dimension_names", "dunned_bills", "dunning_list", "prepaid_listed", "receivables_by_month",
        "receivables_kpis_by_month", "roll_rates_by_month", "units_billed",
    ),
    params=("unit",),
    variants=_variants,
)  # fmt: skip
